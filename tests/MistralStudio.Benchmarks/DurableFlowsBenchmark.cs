using System.Diagnostics;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.DependencyInjection;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
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
        if (await PostgresServer.FindAsync() is { } server)
        {
            await RunAsync("PostgreSQL, commits not synced", await server.CreateDatabaseAsync());
        }
    }

    private static async Task RunAsync(string name, string? postgres)
    {
        await using var bench = await DurableBench.OpenAsync(postgres);
        var smallest = await bench.StartAsync(FlowsBenchmark.Chain(1));
        var longer = await bench.StartAsync(FlowsBenchmark.Chain(101));
        await bench.TimesAsync(smallest, 300);
        await bench.TimesAsync(longer, 50);
        var small = await bench.TimesAsync(smallest, Runs);
        var large = await bench.TimesAsync(longer, 200);
        FlowsBenchmark.Row($"{name}: Start -> Template -> Answer: p50 / p95", $"{FlowsBenchmark.At(small, .5):0.000} / {FlowsBenchmark.At(small, .95):0.000} ms", "<= 2 / 6 ms");
        FlowsBenchmark.Row($"{name}: each further pure node", $"{(FlowsBenchmark.At(large, .5) - FlowsBenchmark.At(small, .5)) / 100:0.0000} ms", "<= 0.3 ms");
        foreach (var inFlight in (int[])[1, 16])
        {
            var (watch, done) = (Stopwatch.StartNew(), 0);
            await Task.WhenAll(Enumerable.Range(0, inFlight).Select(_ => Task.Run(async () =>
            {
                while (Interlocked.Increment(ref done) <= Runs * 4)
                {
                    await bench.RunAsync(smallest);
                }
            })));
            FlowsBenchmark.Row($"{name}: runs/s of that flow, {inFlight} in flight", $"{Runs * 4 / watch.Elapsed.TotalSeconds:N0}", inFlight == 16 ? ">= 1,000" : "");
        }
    }

    private sealed class DurableBench : IAsyncDisposable
    {
        private readonly string _folder = Directory.CreateTempSubdirectory("studio-flows-").FullName;
        private ServiceProvider _provider = null!;
        private FlowEngine _engine = null!;
        private Membership _owner = null!;

        public static async Task<DurableBench> OpenAsync(string? postgres)
        {
            var bench = new DurableBench();
            var services = new ServiceCollection();
            services.AddLogging();
            services.AddDataProtection().UseEphemeralDataProtectionProvider();
            services.AddData(bench._folder, postgres);
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
            bench._engine = bench._provider.GetRequiredService<FlowEngine>();
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

        public async Task RunAsync(RunStart start)
        {
            var loop = (await _engine.StartAsync(RunId.New(), start, CancellationToken.None)).Value;
            await loop.RunAsync(CancellationToken.None);
            if (loop.State.Status != RunStatus.Succeeded)
            {
                throw new InvalidOperationException(loop.State.Error?.ToString());
            }
        }

        public async Task<List<double>> TimesAsync(RunStart start, int runs)
        {
            var times = new List<double>(runs);
            for (var i = 0; i < runs; i++)
            {
                var watch = Stopwatch.GetTimestamp();
                await RunAsync(start);
                times.Add(Stopwatch.GetElapsedTime(watch).TotalMilliseconds);
            }

            times.Sort();
            return times;
        }

        public async ValueTask DisposeAsync()
        {
            await _provider.DisposeAsync();
            Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
            Directory.Delete(_folder, recursive: true);
        }
    }
}
