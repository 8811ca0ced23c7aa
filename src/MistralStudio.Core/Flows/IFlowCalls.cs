using System.Text.Json;
using MistralStudio.Core.Ids;

namespace MistralStudio.Core.Flows;

/// <summary>A published flow that somebody may call.</summary>
/// <param name="Reference">Its slug, or <c>slug@number</c>.</param>
/// <param name="Number">Of the version that is called.</param>
/// <param name="InputSchema">JSON Schema of an object with its inputs.</param>
public sealed record CallableFlow(FlowId Flow, string Reference, string Name, int Number, JsonElement InputSchema)
{
    /// <summary>Names of its inputs, in order.</summary>
    public IReadOnlyList<string> Inputs { get; init; } = [];

    /// <summary>Names of its outputs.</summary>
    public IReadOnlyList<string> Outputs { get; init; } = [];

    /// <summary>This very version, <c>slug@number</c>: one that is published later is not the one that somebody chose.</summary>
    public string Pinned => $"{Slug}@{Number}";

    /// <summary>What a model calls it by where nobody says otherwise: <c>run_triage</c>.</summary>
    public string ToolName => $"run_{Slug.Replace('-', '_')}";

    /// <summary>What a model is told of it where nobody says otherwise.</summary>
    public string ToolDescription => $"Runs the flow \"{Name}\" and gives its answer.";

    private string Slug => Reference.Split('@')[0];
}

/// <summary>A call of a published flow.</summary>
/// <param name="Reference">Its slug, or <c>slug@number</c>.</param>
/// <param name="Inputs">By name.</param>
public sealed record FlowCall(WorkspaceId Workspace, string Reference, IReadOnlyDictionary<string, JsonElement> Inputs)
{
    /// <summary>A call with the members of an object as its inputs; of those that are there twice the last counts.</summary>
    public static FlowCall With(WorkspaceId workspace, string reference, JsonElement arguments) => new(
        workspace, reference, arguments.EnumerateObject().GroupBy(one => one.Name, StringComparer.Ordinal).ToDictionary(one => one.Key, one => one.Last().Value, StringComparer.Ordinal));

    /// <summary>Why it is called.</summary>
    public RunTrigger Trigger { get; init; } = RunTrigger.Tool;

    /// <summary>Who calls; null for the studio itself.</summary>
    public UserId? By { get; init; }

    /// <summary>The key that calls; null where none does.</summary>
    public ApiKeyId? Key { get; init; }

    /// <summary><see cref="RunStart.Depth"/> of the run that it makes; a flow that calls itself by a detour ends at <see cref="MostDepth"/>.</summary>
    public int Depth { get; init; }

    /// <summary>Runs that may stand above each other.</summary>
    public const int MostDepth = 8;

    /// <summary>A call with this name is made once, however often it comes: the later ones are given what the first came to. Null: every call counts.</summary>
    public string? Once { get; init; }

    /// <summary>Documents that its inputs came from: their words stay in it where theirs do.</summary>
    public IReadOnlyCollection<DocumentId> Sources { get; init; } = [];

    /// <summary>Takes more of its answer's text while it grows; null for nobody.</summary>
    public Func<string, ValueTask>? Stream { get; init; }

    /// <summary>Is told which run it made once that has begun, whatever becomes of it; not told where none began. Null for nobody.</summary>
    public Action<RunId>? Ran { get; init; }
}

/// <summary>What a called flow gave.</summary>
/// <param name="Outputs">Values by name, at hand.</param>
public sealed record FlowAnswer(RunId Run, IReadOnlyDictionary<string, FlowValue> Outputs, RunUsage Usage)
{
    /// <summary>Its text where it has one, its outputs as JSON otherwise.</summary>
    public string Text => Outputs.TryGetValue("text", out var text)
        ? text.Text
        : JsonSerializer.Serialize(Outputs.ToDictionary(output => output.Key, output => output.Value.Json), FlowJson.Relaxed);
}

/// <summary>Calls published flows: from other flows' agents, as models, as tools. A call is a run like any other, with the rights of its version.</summary>
public interface IFlowCalls
{
    /// <summary>The published flow of a reference; null where there is none.</summary>
    ValueTask<CallableFlow?> FindAsync(WorkspaceId workspace, string reference, CancellationToken cancellationToken);

    /// <summary>All published flows, by slug.</summary>
    ValueTask<IReadOnlyList<CallableFlow>> ListAsync(WorkspaceId workspace, CancellationToken cancellationToken);

    /// <summary>
    /// Runs it and waits for its end. Fails where it failed, was stopped, or waits for a person: the caller cannot.
    /// </summary>
    Task<Result<FlowAnswer>> CallAsync(FlowCall call, CancellationToken cancellationToken);
}
