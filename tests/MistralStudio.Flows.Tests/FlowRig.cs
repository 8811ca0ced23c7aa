using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using MistralStudio.Core.Blobs;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Flows.Compilation;
using MistralStudio.Flows.Definitions;
using MistralStudio.Flows.Engine;
using MistralStudio.Flows.Runs;
using MistralStudio.Tests.Shared.Fakes;

namespace MistralStudio.Flows.Tests;

/// <summary>The engine with everything around it in memory, and node types that a test scripts.</summary>
internal sealed class FlowRig : IRunObserver, IDisposable
{
    private readonly ServiceProvider _provider;

    public FlowRig(TimeProvider? time = null, INodeResults? results = null)
    {
        var services = new ServiceCollection();
        services.AddSingleton(time ?? TimeProvider.System);
        services.AddSingleton<IFlowJournal>(Journal);
        services.AddSingleton<IBlobStore>(Blobs);
        services.AddSingleton<IFlowVersions>(Versions);
        services.AddSingleton<IRunRights>(Rights);
        services.AddSingleton<IRunObserver>(this);
        services.AddSingleton(typeof(ILogger<>), typeof(NullLogger<>));
        services.AddSingleton(Work.Type);
        services.AddSingleton<INodeExecutor>(Work);
        if (results is not null)
        {
            services.AddSingleton(results);
        }

        services.AddFlows();
        services.AddFlowRuns();
        _provider = services.BuildServiceProvider();
    }

    public InMemoryJournal Journal { get; } = new();

    public InMemoryBlobs Blobs { get; } = new();

    public InMemoryFlowVersions Versions { get; } = new();

    public FixedRunRights Rights { get; } = new();

    /// <summary>The node type <c>work</c>.</summary>
    public WorkExecutor Work { get; } = new();

    public WorkspaceId Workspace { get; } = WorkspaceId.New();

    public UserId User { get; } = UserId.New();

    public FlowEngine Engine => _provider.GetRequiredService<FlowEngine>();

    public FlowCompiler Compiler => _provider.GetRequiredService<FlowCompiler>();

    public FlowPlans Plans => _provider.GetRequiredService<FlowPlans>();

    public NodeCatalog Catalog => _provider.GetRequiredService<NodeCatalog>();

    public List<string> Streamed { get; } = [];

    /// <summary>Keeps a definition and says how a run of it begins.</summary>
    public RunStart Start(string json, object? inputs = null, RunTrigger trigger = RunTrigger.Person)
    {
        var definition = Read(json);
        var hash = FlowDefinitions.Hash(definition);
        var version = Versions.Add(Workspace, hash, FlowDefinitions.Write(definition));
        return new RunStart
        {
            Workspace = Workspace,
            Flow = version.Flow,
            Definition = hash,
            Trigger = trigger,
            Authority = new RunAuthority(User, null),
            Inputs = JsonSerializer.SerializeToElement(inputs ?? new { }, FlowJson.Relaxed).EnumerateObject().ToDictionary(input => input.Name, input => FlowValue.Of(input.Value)),
        };
    }

    /// <summary>Runs a definition until its loop ends.</summary>
    public async Task<RunState> RunAsync(string json, object? inputs = null)
    {
        var loop = await LoopAsync(json, inputs);
        await loop.RunAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(30));
        return loop.State;
    }

    public async Task<RunLoop> LoopAsync(string json, object? inputs = null) => await LoopAsync(Start(json, inputs));

    public async Task<RunLoop> LoopAsync(RunStart start)
    {
        var loop = await Engine.StartAsync(RunId.New(), start, TestContext.Current.CancellationToken);
        return loop.IsSuccess ? loop.Value : throw new InvalidOperationException(loop.Error.ToString());
    }

    /// <summary>The loop of a run once more, from its journal.</summary>
    public async Task<RunLoop> ReopenAsync(RunId run) => (await Engine.OpenAsync(run, TestContext.Current.CancellationToken)).Value;

    /// <summary>What the journal says, one line an event.</summary>
    public string[] Story(RunId run) => [.. Journal.Read(run).Select(one => $"{one.Kind} {one.Node}".TrimEnd())];

    public static FlowDefinition Read(string json)
    {
        var read = FlowDefinitions.Read(json);
        return read.IsSuccess ? read.Value : throw new InvalidOperationException(read.Error.ToString());
    }

    public void Committed(RunId run, IReadOnlyList<RunEvent> events)
    {
    }

    void IRunObserver.Streamed(RunId run, string node, string text)
    {
        lock (Streamed)
        {
            Streamed.Add($"{node}: {text}");
        }
    }

    public void Dispose() => _provider.Dispose();
}

/// <summary>A node that does what a test says, and counts what it did.</summary>
internal sealed class WorkExecutor : INodeExecutor
{
    private readonly Lock _lock = new();

    public NodeType Type { get; } = new()
    {
        Id = "work",
        Category = NodeCategory.World,
        Schema = """
            {
              "type": "object",
              "properties": {
                "effects": { "enum": ["pure", "reads", "changes"] },
                "idempotent": { "type": "boolean" },
                "text": { "type": "string" },
                "does": { "type": "string" }
              },
              "additionalProperties": false
            }
            """,
        Fields = [new ConfigField("/text", FieldSyntax.Template)],
        Ports = _ => new NodePorts([], [new Port("text", PortType.Text), new Port("left", PortType.Text) { IsBranch = true }, new Port("right", PortType.Text) { IsBranch = true }, new Port("value", PortType.Json)]) { Named = true },
        Effects = config => config.TryGetProperty("effects", out var effects) ? Enum.Parse<NodeEffects>(effects.GetString()!, ignoreCase: true) : NodeEffects.Reads,
        IsIdempotent = config => config.TryGetProperty("idempotent", out var idempotent) && idempotent.GetBoolean(),
        StreamsText = true,
        Help = "Does what a test says.",
        Example = "{}",
    };

    string INodeExecutor.Type => "work";

    /// <summary>What it does, by the path of its node or by its <c>does</c>; otherwise it gives its text.</summary>
    public Dictionary<string, Func<NodeExecution, CancellationToken, ValueTask<NodeOutcome>>> Scripts { get; } = [];

    /// <summary>Paths in the order in which they ran.</summary>
    public List<string> Ran { get; } = [];

    public Func<NodeExecution, string> Generation { get; set; } = _ => "1";

    public ValueTask<NodeOutcome> ExecuteAsync(NodeExecution execution, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            Ran.Add(execution.Path);
        }

        var config = (JsonElement)execution.Config;
        if (Scripts.TryGetValue(execution.Path, out var script)
            || (config.TryGetProperty("does", out var does) && Scripts.TryGetValue(does.GetString()!, out script)))
        {
            return script(execution, cancellationToken);
        }

        var text = config.TryGetProperty("text", out var said) ? said.GetString()! : string.Join('+', execution.Inputs.Values.Select(input => input.Text));
        return new(new NodeOutcome.Succeeded(new Dictionary<string, FlowValue> { ["text"] = FlowValue.Of(text), ["value"] = FlowValue.Of(text) }));
    }

    public ValueTask<string?> GenerationAsync(NodeExecution execution, CancellationToken cancellationToken) => new(Generation(execution));
}
