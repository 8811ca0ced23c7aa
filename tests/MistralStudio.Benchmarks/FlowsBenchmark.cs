using System.Diagnostics;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using MistralStudio.Core.Blobs;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Flows;
using MistralStudio.Flows.Compilation;
using MistralStudio.Flows.Definitions;
using MistralStudio.Flows.Engine;
using MistralStudio.Tests.Shared.Fakes;

namespace MistralStudio.Benchmarks;

/// <summary>What a run costs beyond its nodes, with a journal in memory: the engine alone.</summary>
internal static class FlowsBenchmark
{
    private const int Runs = 3_000;

    public static async Task RunAsync()
    {
        using var bench = new Bench();
        var smallest = bench.Start(Chain(1), new { q = "Ada" });
        var longer = bench.Start(Chain(101), new { q = "Ada" });
        await TimesAsync(bench.Engine, smallest, 500);
        await TimesAsync(bench.Engine, longer, 100);

        var small = await TimesAsync(bench.Engine, smallest, Runs);
        var large = await TimesAsync(bench.Engine, longer, 300);
        Row("Start -> Template -> Answer: p50 / p95", $"{At(small, .5):0.000} / {At(small, .95):0.000} ms", "<= 2 / 6 ms durable");
        Row("each further pure node", $"{(At(large, .5) - At(small, .5)) / 100:0.0000} ms", "<= 0.3 ms durable");

        Row("runs/s of that flow, 16 in flight", $"{await PerSecondAsync(bench.Engine, smallest, 16, Runs * 4):N0}", ">= 1,000 durable");

        await EachAsync(bench);
        Compile(bench);
    }

    private static async Task EachAsync(Bench bench)
    {
        const string Flow = """
            {"schema":"mistralstudio.flow/1","inputs":[{"name":"q","type":"list<text>"}],"nodes":[{"id":"start","type":"start"},{"id":"each","type":"for-each","config":{"parallel":8},
            "body":{"nodes":[{"id":"t","type":"template","config":{"template":"{{ each.item | upcase }}"}}],"edges":[{"from":"each.item","to":"t.x"},{"from":"t.text","to":"each.result"}]}},
            {"id":"o","type":"output"}],"edges":[{"from":"start.q","to":"each.items"},{"from":"each.results","to":"o.all"}]}
            """;
        await bench.RunAsync(bench.Start(Flow, new { q = Items(100) }));
        var memory = new List<long>();
        bench.Journal.Before = commit =>
        {
            if (commit.Events.Any(one => one.Node.EndsWith("00]/t", StringComparison.Ordinal)))
            {
                memory.Add(GC.GetTotalMemory(forceFullCollection: memory.Count % 8 == 0));
            }

            return null;
        };
        var start = bench.Start(Flow, new { q = Items(10_000) });
        var watch = Stopwatch.StartNew();
        await bench.RunAsync(start);
        bench.Journal.Before = null;
        Row("For each over 10,000 items, 8 at a time", $"{watch.Elapsed.TotalSeconds:0.00} s", "<= 5 s");

        // The journal is in this memory too: its rows are taken off.
        var rows = bench.Journal.Rows(bench.Last);
        var forced = memory.Where((_, i) => i % 8 == 0).ToList();
        Row("memory from its first to its last tenth, journal taken off", $"{(forced[^1] - forced[0] - rows) / 1024.0 / 1024:0.0} MiB", "flat");
    }

    private static void Compile(Bench bench)
    {
        var definition = FlowDefinitions.Read(Chain(9_998)).Value;
        var watch = Stopwatch.StartNew();
        var compiled = bench.Compiler.Compile(definition);
        Row($"compile {compiled.Plan!.NodeCount:N0} nodes", $"{watch.Elapsed.TotalMilliseconds:0} ms", "<= 1,000 ms");
    }

    private static IEnumerable<string> Items(int count) => Enumerable.Range(0, count).Select(i => $"item {i}");

    internal static string Chain(int templates)
    {
        var nodes = Enumerable.Range(0, templates).Select(i => $$$"""{"id":"t{{{i}}}","type":"template","config":{"template":"Hello {{ x }}"}}""".Replace("Hello {{ x }}", i == 0 ? "Hello {{ x }}" : "{{ x }}", StringComparison.Ordinal));
        var edges = Enumerable.Range(0, templates - 1).Select(i => $$"""{"from":"t{{i}}.text","to":"t{{i + 1}}.x"}""");
        return $$"""
            {"schema":"mistralstudio.flow/1","inputs":[{"name":"q","type":"text"}],"nodes":[{"id":"start","type":"start"},{{string.Join(',', nodes)}},{"id":"answer","type":"answer"}],
            "edges":[{{string.Join(',', edges.Prepend("""{"from":"start.q","to":"t0.x"}""").Append($$"""{"from":"t{{templates - 1}}.text","to":"answer.text"}"""))}}]}
            """;
    }

    internal static async Task<RunId> RunAsync(FlowEngine engine, RunStart start)
    {
        var loop = (await engine.StartAsync(RunId.New(), start, CancellationToken.None)).Value;
        await loop.RunAsync(CancellationToken.None);
        return loop.State.Status == RunStatus.Succeeded ? loop.Run : throw new InvalidOperationException(loop.State.Error?.ToString());
    }

    /// <summary>Milliseconds of runs one after another, sorted.</summary>
    internal static async Task<List<double>> TimesAsync(FlowEngine engine, RunStart start, int runs)
    {
        var times = new List<double>(runs);
        for (var i = 0; i < runs; i++)
        {
            var watch = Stopwatch.GetTimestamp();
            await RunAsync(engine, start);
            times.Add(Stopwatch.GetElapsedTime(watch).TotalMilliseconds);
        }

        times.Sort();
        return times;
    }

    internal static async Task<double> PerSecondAsync(FlowEngine engine, RunStart start, int inFlight, int runs)
    {
        var (watch, done) = (Stopwatch.StartNew(), 0);
        await Task.WhenAll(Enumerable.Range(0, inFlight).Select(_ => Task.Run(async () =>
        {
            while (Interlocked.Increment(ref done) <= runs)
            {
                await RunAsync(engine, start);
            }
        })));
        return runs / watch.Elapsed.TotalSeconds;
    }

    internal static double At(List<double> sorted, double share) => sorted[(int)(share * (sorted.Count - 1))];

    internal static void Row(string work, string figure, string goal) => Console.WriteLine($"{work,-62} {figure,22}   {goal}");

    private sealed class Bench : IDisposable
    {
        private readonly ServiceProvider _provider;
        private readonly InMemoryFlowVersions _versions = new();
        private readonly WorkspaceId _workspace = WorkspaceId.New();

        public Bench()
        {
            var services = new ServiceCollection();
            services.AddSingleton<IFlowJournal>(Journal);
            services.AddSingleton<IBlobStore>(new InMemoryBlobs());
            services.AddSingleton<IFlowVersions>(_versions);
            services.AddSingleton<IRunRights>(new FixedRunRights());
            services.AddSingleton(typeof(ILogger<>), typeof(NullLogger<>));
            services.AddFlows();
            services.AddFlowRuns();
            _provider = services.BuildServiceProvider();
            Engine = _provider.GetRequiredService<FlowEngine>();
            Compiler = _provider.GetRequiredService<FlowCompiler>();
        }

        public InMemoryJournal Journal { get; } = new();

        public FlowEngine Engine { get; }

        public FlowCompiler Compiler { get; }

        public RunId Last { get; private set; }

        public RunStart Start(string json, object inputs)
        {
            var definition = FlowDefinitions.Read(json).Value;
            var hash = FlowDefinitions.Hash(definition);
            return new RunStart
            {
                Workspace = _workspace,
                Flow = _versions.Add(_workspace, hash, json).Flow,
                Definition = hash,
                Authority = new RunAuthority(UserId.New(), null),
                Inputs = JsonSerializer.SerializeToElement(inputs, FlowJson.Relaxed).EnumerateObject().ToDictionary(input => input.Name, input => FlowValue.Of(input.Value)),
            };
        }

        public async Task RunAsync(RunStart start) => Last = await FlowsBenchmark.RunAsync(Engine, start);

        public void Dispose() => _provider.Dispose();
    }
}
