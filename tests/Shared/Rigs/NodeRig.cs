using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using MistralStudio.Core.Blobs;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Security;
using MistralStudio.Flows;
using MistralStudio.Flows.Definitions;
using MistralStudio.Flows.Engine;
using MistralStudio.Flows.Runs;
using MistralStudio.Tests.Shared.Fakes;

namespace MistralStudio.Tests.Shared.Rigs;

/// <summary>The engine with everything around it in memory, and the nodes of other rooms in it, as the product composes them.</summary>
public sealed class NodeRig : IRunObserver, IDisposable
{
    private readonly ServiceProvider _provider;

    /// <param name="add">Adds the nodes and what they need.</param>
    public NodeRig(Action<IServiceCollection> add, TimeProvider? time = null)
    {
        var services = new ServiceCollection();
        services.AddSingleton(time ?? TimeProvider.System);
        services.AddSingleton<IFlowJournal>(Journal);
        services.AddSingleton<IBlobStore>(Blobs);
        services.AddSingleton<IFlowVersions>(Versions);
        services.AddSingleton<IRunRights>(Rights);
        services.AddSingleton<IRunObserver>(this);
        services.AddSingleton(typeof(ILogger<>), typeof(NullLogger<>));
        services.AddFlows();
        services.AddFlowRuns();
        add(services);
        _provider = services.BuildServiceProvider();
    }

    public InMemoryJournal Journal { get; } = new();

    public InMemoryBlobs Blobs { get; } = new();

    public InMemoryFlowVersions Versions { get; } = new();

    /// <summary>Rights of a member, unless a test takes them.</summary>
    public FixedRunRights Rights { get; } = new() { Granted = RolePermissions.Of(Role.Member) };

    public WorkspaceId Workspace { get; init; } = WorkspaceId.New();

    public UserId User { get; } = UserId.New();

    /// <summary>The number of the version that runs are of; null: they are of a draft.</summary>
    public int? Version { get; set; }

    public FlowEngine Engine => _provider.GetRequiredService<FlowEngine>();

    public NodeCatalog Catalog => _provider.GetRequiredService<NodeCatalog>();

    /// <summary>Every piece of text that was streamed.</summary>
    public List<string> Streamed { get; } = [];

    private static CancellationToken Token => CancellationToken.None;

    public T Get<T>()
        where T : notnull => _provider.GetRequiredService<T>();

    /// <summary>A flow whose start gives one input to a node <c>n</c>, whose out-ports go to the outputs of their names.</summary>
    /// <param name="inputs">Inputs as <c>name:type</c>, each an edge to the in-port of its name.</param>
    public static string One(string type, string config, string inputs = "q:text", string outputs = "text", string more = "")
    {
        var given = inputs.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(input => input.Split(':')).ToList();
        var edges = given.Select(input => ($"start.{input[0]}", $"n.{input[0]}")).Concat(outputs.Split(' ').Select(port => ($"n.{port}", $"out.{port}")));
        return JsonSerializer.Serialize(new
        {
            schema = "mistralstudio.flow/1",
            nodes = new object[]
            {
                new { id = "start", type = "start" },
                JsonElement.Parse($$"""{"id":"n","type":"{{type}}","config":{{config}}{{more}}}"""),
                new { id = "out", type = "output" },
            },
            edges = edges.Select(edge => new { from = edge.Item1, to = edge.Item2 }),
            inputs = given.Select(input => new { name = input[0], type = input[1] }),
        });
    }

    /// <summary>Keeps a definition and says how a run of it begins.</summary>
    public RunStart Start(string json, object? inputs = null)
    {
        var read = FlowDefinitions.Read(json);
        var definition = read.IsSuccess ? read.Value : throw new InvalidOperationException(read.Error.ToString());
        var hash = FlowDefinitions.Hash(definition);
        var version = Versions.Add(Workspace, hash, FlowDefinitions.Write(definition));
        return new RunStart
        {
            Workspace = Workspace,
            Flow = version.Flow,
            Definition = hash,
            Version = Version,
            Authority = new RunAuthority(User, Version),
            Inputs = inputs as IReadOnlyDictionary<string, FlowValue> ?? JsonSerializer.SerializeToElement(inputs ?? new { }, FlowJson.Relaxed).EnumerateObject()
                .ToDictionary(input => input.Name, input => FlowValue.Of(input.Value)),
        };
    }

    public async Task<RunLoop> LoopAsync(string json, object? inputs = null)
    {
        var loop = await Engine.StartAsync(RunId.New(), Start(json, inputs), Token);
        return loop.IsSuccess ? loop.Value : throw new InvalidOperationException(loop.Error.ToString());
    }

    /// <summary>Runs a definition until its loop ends.</summary>
    public async Task<RunState> RunAsync(string json, object? inputs = null) => await RunAsync(await LoopAsync(json, inputs));

    /// <summary>Runs a loop until it ends.</summary>
    public static async Task<RunState> RunAsync(RunLoop loop)
    {
        await loop.RunAsync(Token).WaitAsync(TimeSpan.FromSeconds(30));
        return loop.State;
    }

    /// <summary>The loop of a run once more, from its journal.</summary>
    public async Task<RunLoop> ReopenAsync(RunId run) => (await Engine.OpenAsync(run, Token)).Value;

    /// <summary>Answers what a run waits for, and runs it on until its loop ends.</summary>
    public async Task<RunState> DecideAsync(RunId run, string decision, object? values = null)
    {
        var loop = await ReopenAsync(run);
        var given = JsonSerializer.SerializeToElement(values ?? new { }, FlowJson.Relaxed).EnumerateObject().ToDictionary(value => value.Name, value => value.Value);
        var answer = loop.ResumeAsync(new Resumption(loop.State.WaitingFor.Single().Bookmark.Id, decision, given, User));
        await RunAsync(loop);
        var taken = await answer;
        return taken.IsSuccess ? loop.State : throw new InvalidOperationException(taken.Error.ToString());
    }

    /// <summary>What the journal says, one line an event.</summary>
    public string[] Story(RunId run) => [.. Journal.Read(run).Select(one => $"{one.Kind} {one.Node}".TrimEnd())];

    void IRunObserver.Committed(RunId run, IReadOnlyList<RunEvent> events)
    {
    }

    void IRunObserver.Streamed(RunId run, string node, string text)
    {
        lock (Streamed)
        {
            Streamed.Add(text);
        }
    }

    public void Dispose() => _provider.Dispose();
}
