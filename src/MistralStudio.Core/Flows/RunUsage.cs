namespace MistralStudio.Core.Flows;

/// <summary>What a node, a step or a run has used.</summary>
/// <param name="InputTokens">Of prompts.</param>
/// <param name="OutputTokens">Of answers.</param>
/// <param name="Cost">US dollars; null where it is not known, and on this machine.</param>
public sealed record RunUsage(long InputTokens, long OutputTokens, decimal? Cost = null)
{
    /// <summary>Nothing.</summary>
    public static RunUsage None { get; } = new(0, 0);

    /// <summary>Both together.</summary>
    public static RunUsage operator +(RunUsage one, RunUsage other) => new(
        one.InputTokens + other.InputTokens,
        one.OutputTokens + other.OutputTokens,
        one.Cost is null && other.Cost is null ? null : (one.Cost ?? 0) + (other.Cost ?? 0));
}

/// <summary>What a run may use; going over ends it. Null: no limit.</summary>
public sealed record RunBudget
{
    /// <summary>Tokens of prompts and answers together.</summary>
    public long? Tokens { get; init; }

    /// <summary>US dollars.</summary>
    public decimal? Cost { get; init; }

    /// <summary>From its start to its end, waiting included.</summary>
    public TimeSpan? WallTime { get; init; }

    /// <summary>Starts of nodes and of steps inside nodes.</summary>
    public long? Steps { get; init; }

    /// <summary>No limits.</summary>
    public static RunBudget Unlimited { get; } = new();

    /// <summary>The tighter of two, limit by limit.</summary>
    public RunBudget And(RunBudget other) => new()
    {
        Tokens = Least(Tokens, other.Tokens),
        Cost = Least(Cost, other.Cost),
        WallTime = Least(WallTime, other.WallTime),
        Steps = Least(Steps, other.Steps),
    };

    private static T? Least<T>(T? one, T? other)
        where T : struct, IComparable<T> =>
        one is { } a && other is { } b ? (a.CompareTo(b) <= 0 ? a : b) : one ?? other;
}
