using System.Text.Json;

namespace MistralStudio.Core.Flows;

/// <summary>What a node does outside of its run.</summary>
public enum NodeEffects
{
    /// <summary>Nothing: the same inputs give the same outputs.</summary>
    Pure,

    /// <summary>It looks at the world (a model, an index, a page) and leaves it as it is.</summary>
    Reads,

    /// <summary>It changes the world: twice is not the same as once.</summary>
    Changes,
}

/// <summary>What happens where a node fails for good.</summary>
public enum OnError
{
    /// <summary>The run, or the container that the node is in, fails.</summary>
    Stop,

    /// <summary>The node's out-ports take the values of <see cref="NodePolicy.Default"/>.</summary>
    Default,

    /// <summary>The node's <c>error</c> port is taken, with <c>{"code", "message"}</c>; its other ports are skipped.</summary>
    Port,
}

/// <summary>Which earlier results a node may take instead of running.</summary>
public enum NodeReuse
{
    /// <summary>None.</summary>
    Never,

    /// <summary>Those of the run that this one is a fork of.</summary>
    Forks,

    /// <summary>Those of any run of the workspace.</summary>
    Always,
}

/// <summary>How often and how soon a node that failed is tried again; only errors that are marked transient are.</summary>
/// <param name="Attempts">Tries in all, the first included.</param>
public sealed record RetryPolicy(int Attempts)
{
    /// <summary>Before the second try; doubled for each further one, and each drawn at random from its half to its whole.</summary>
    public TimeSpan? Delay { get; init; }

    /// <summary>The longest that is waited.</summary>
    public TimeSpan? MostDelay { get; init; }
}

/// <summary>What a node does when time runs out or it fails. What is null is as its type has it.</summary>
public sealed record NodePolicy
{
    /// <summary>How long one try may take.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Whether it is tried again.</summary>
    public RetryPolicy? Retry { get; init; }

    /// <summary>What happens where it fails for good.</summary>
    public OnError? OnError { get; init; }

    /// <summary>Values of out-ports for <see cref="OnError.Default"/>.</summary>
    public IReadOnlyDictionary<string, JsonElement>? Default { get; init; }

    /// <summary>Which earlier results it may take instead of running.</summary>
    public NodeReuse? Reuse { get; init; }

    /// <summary>Nothing said: one try without a limit of time, and stop where it fails.</summary>
    public static NodePolicy None { get; } = new();

    /// <summary>This policy, and the other's where this one says nothing.</summary>
    public NodePolicy Over(NodePolicy other) => new()
    {
        Timeout = Timeout ?? other.Timeout,
        Retry = Retry ?? other.Retry,
        OnError = OnError ?? other.OnError,
        Default = Default ?? other.Default,
        Reuse = Reuse ?? other.Reuse,
    };
}
