using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.DependencyInjection;
using MistralStudio.Core.Flows;
using MistralStudio.Data;
using MistralStudio.Data.Accounts;
using MistralStudio.Data.Startup;
using MistralStudio.Flows;
using MistralStudio.Flows.Definitions;
using MistralStudio.Flows.Engine;
using MistralStudio.Tests.Shared;
using MistralStudio.Tests.Shared.Fakes;

namespace MistralStudio.Benchmarks;

/// <summary>What a run costs beyond its nodes when every transition is on the disk: over <c>studio.db</c>, and over PostgreSQL where it is installed.</summary>
internal static class DurableFlowsBenchmark
{
    private const int Runs = 2_000;

    public static async Task RunAsync()
    {
        await RunAsync("SQLite", null);
        await RunAsync("SQLite, Studio:Durability=power", null, survivesPowerCuts: true);
        if (await PostgresServer.FindAsync() is { } server)
        {
            await RunAsync("PostgreSQL, commits not synced", await server.CreateDatabaseAsync());
        }
    }

    private static async Task RunAsync(string name, string? postgres, bool survivesPowerCuts = false)
    {
        await using var bench = await DurableBench.OpenAsync(postgres, survivesPowerCuts);
        var smallest = await bench.StartAsync(FlowsBenchmark.Chain(1));
        var longer = await bench.StartAsync(FlowsBenchmark.Chain(101));
        await FlowsBenchmark.TimesAsync(bench.Engine, smallest, 300);
        await FlowsBenchmark.TimesAsync(bench.Engine, longer, 50);
        var small = await FlowsBenchmark.TimesAsync(bench.Engine, smallest, Runs);
        var large = await FlowsBenchmark.TimesAsync(bench.Engine, longer, 200);
        FlowsBenchmark.Row($"{name}: Start -> Template -> Answer: p50 / p95", $"{FlowsBenchmark.At(small, .5):0.000} / {FlowsBenchmark.At(small, .95):0.000} ms", "<= 2 / 6 ms");
        FlowsBenchmark.Row($"{name}: each further pure node", $"{(FlowsBenchmark.At(large, .5) - FlowsBenchmark.At(small, .5)) / 100:0.0000} ms", "<= 0.3 ms");
        foreach (var inFlight in (int[])[1, 16])
        {
            FlowsBenchmark.Row($"{name}: runs/s of that flow, {inFlight} in flight", $"{await FlowsBenchmark.PerSecondAsync(bench.Engine, smallest, inFlight, Runs * 4):N0}", inFlight == 16 ? ">= 1,000" : "");
        }
    }

    private sealed class DurableBench : IAsyncDisposable
    {
        private readonly string _folder = Directory.CreateTempSubdirectory("studio-flows-").FullName;
        private ServiceProvider _provider = null!;
        private Membership _owner = null!;

        public FlowEngine Engine { get; private set; } = null!;

        public static async Task<DurableBench> OpenAsync(string? postgres, bool survivesPowerCuts)
        {
            var bench = new DurableBench();
            var services = new ServiceCollection();
            services.AddLogging();
            services.AddDataProtection().UseEphemeralDataProtectionProvider();
            services.AddData(bench._folder, postgres, survivesPowerCuts);
            services.AddSingleton<IRunRights>(new FixedRunRights());
            services.AddFlows();
            services.AddFlowRuns();
            bench._provider = services.BuildServiceProvider();
            if ((await bench._provider.GetRequiredService<DatabaseStartup>().PrepareAsync(CancellationToken.None)).Error is { } error)
            {
                throw new InvalidOperationException(error.ToString());
            }

            var user = StudioUser.Create("owner@example.com", "Owner", TimeProvider.System.GetUtcNow());
            bench._owner = (await bench._provider.GetRequiredService<AccountStore>().CreateFirstOwnerAsync(user, "Flows", CancellationToken.None)).Value;
            bench.Engine = bench._provider.GetRequiredService<FlowEngine>();
            return bench;
        }

        public async Task<RunStart> StartAsync(string json)
        {
            var definition = FlowDefinitions.Read(json).Value;
            var hash = FlowDefinitions.Hash(definition);
            var flows = _provider.GetRequiredService<IFlowStore>();
            var flow = (await flows.CreateAsync(_owner.Workspace, "Measured", json, _owner.User, CancellationToken.None)).Value;
            await flows.KeepAsync(_owner.Workspace, flow.Id, json, hash, CancellationToken.None);
            return new RunStart
            {
                Workspace = _owner.Workspace,
                Flow = flow.Id,
                Definition = hash,
                Authority = new RunAuthority(_owner.User, null),
                Inputs = new Dictionary<string, FlowValue> { ["q"] = FlowValue.Of("Ada") },
            };
        }

        public async ValueTask DisposeAsync()
        {
            await _provider.DisposeAsync();
            Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
            Directory.Delete(_folder, recursive: true);
        }
    }
}
