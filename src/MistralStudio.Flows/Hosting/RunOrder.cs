using System.Text.Json;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Flows.Definitions;

namespace MistralStudio.Flows.Hosting;

/// <summary>Which definition of a flow a run executes.</summary>
/// <param name="Number">Number of a published version; null for another than that.</param>
/// <param name="IsDraft">True for what is being edited.</param>
public readonly record struct VersionChoice(int? Number, bool IsDraft)
{
    /// <summary>The latest published version; the draft where nothing was published and a person asks.</summary>
    public static VersionChoice Latest => default;

    /// <summary>What is being edited.</summary>
    public static VersionChoice Draft => new(null, true);

    /// <summary>A published version.</summary>
    public static VersionChoice Of(int number) => new(number, false);
}

/// <summary>A run that somebody wants.</summary>
public sealed record RunOrder
{
    /// <summary>Where.</summary>
    public required WorkspaceId Workspace { get; init; }

    /// <summary>Of which flow.</summary>
    public required FlowId Flow { get; init; }

    /// <summary>Of which of its definitions.</summary>
    public VersionChoice Version { get; init; } = VersionChoice.Latest;

    /// <summary>A definition of the flow's that is neither its draft nor a version, such as one of its nodes by itself; null: as <see cref="Version"/> says.</summary>
    public FlowDefinition? Trial { get; init; }

    /// <summary>Nodes that are not run, with what they give instead; only a draft has such.</summary>
    public IReadOnlyDictionary<string, FlowPin> Pins { get; init; } = new Dictionary<string, FlowPin>();

    /// <summary>The flow's inputs by name.</summary>
    public IReadOnlyDictionary<string, JsonElement> Inputs { get; init; } = new Dictionary<string, JsonElement>();

    /// <summary>Documents that its inputs came from.</summary>
    public IReadOnlyCollection<DocumentId> Sources { get; init; } = [];

    /// <summary>Why it begins.</summary>
    public RunTrigger Trigger { get; init; }

    /// <summary>Who wants it; null for a schedule and a webhook.</summary>
    public UserId? By { get; init; }

    /// <summary>The key that asked; null where none did.</summary>
    public ApiKeyId? Key { get; init; }

    /// <summary>Its id, where the same order may come twice and counts once; null for a new one.</summary>
    public RunId? Id { get; init; }

    /// <summary>Is told which run it is once that has begun, long before it ends; null for nobody.</summary>
    public Action<RunId>? Begun { get; init; }

    /// <summary>How many runs stand above it.</summary>
    public int Depth { get; init; }

    /// <summary>What it may use, beside what its flow says.</summary>
    public RunBudget Budget { get; init; } = RunBudget.Unlimited;
}

/// <summary>A fork that somebody wants.</summary>
public sealed record ForkOrder
{
    /// <summary>Where.</summary>
    public required WorkspaceId Workspace { get; init; }

    /// <summary>The run that it is a fork of.</summary>
    public required RunId From { get; init; }

    /// <summary>Path of the node from which on things are done anew, inside of a container with its round (<c>each[17]/draft</c>); null: everything that depends on something else than before.</summary>
    public string? Node { get; init; }

    /// <summary>Values in the place of the other run's, by <c>path.port</c>.</summary>
    public IReadOnlyDictionary<string, JsonElement> Edits { get; init; } = new Dictionary<string, JsonElement>();

    /// <summary>Which definition it executes; null: the one that the other run did.</summary>
    public VersionChoice? Version { get; init; }

    /// <summary>Inputs in the place of the other run's; those not named are as they were.</summary>
    public IReadOnlyDictionary<string, JsonElement> Inputs { get; init; } = new Dictionary<string, JsonElement>();

    /// <summary>True where nothing is done to the world twice.</summary>
    public bool SparesWorld { get; init; }

    /// <summary>Who wants it.</summary>
    public required UserId By { get; init; }

    /// <summary>The key that asked; null where none did.</summary>
    public ApiKeyId? Key { get; init; }
}
