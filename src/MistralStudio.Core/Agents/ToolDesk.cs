using System.Text.Json;
using MistralStudio.Core.Prompts;

namespace MistralStudio.Core.Agents;

/// <summary>How long a turn works with tools.</summary>
public sealed record ToolLimits
{
    /// <summary>The most that <see cref="MostSteps"/> may be.</summary>
    public const int StepsBound = 50;

    /// <summary>The most that <see cref="Result"/> may be.</summary>
    public static readonly TimeSpan ResultBound = TimeSpan.FromMinutes(15);

    /// <summary>Calls of the model, the one that answers among them; at least one.</summary>
    public int MostSteps { get; init; } = 8;

    /// <summary>Longest wait for a tool's result; at least a second.</summary>
    public TimeSpan Result { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Longest wait for a person's word on a call.</summary>
    public TimeSpan Decision { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>What holds where nobody said otherwise.</summary>
    public static ToolLimits Default { get; } = new();
}

/// <summary>Decides about each call of a tool before it is made: a person does, or what they allowed before.</summary>
public interface IToolDesk
{
    /// <summary>Completes when it is decided; the turn gives up after <see cref="ToolLimits.Decision"/>.</summary>
    ValueTask<ToolDecision> DecideAsync(PromptTool tool, ToolUse use, CancellationToken cancellationToken);
}

/// <summary>What becomes of a call.</summary>
public abstract record ToolDecision
{
    private ToolDecision()
    {
    }

    /// <summary>It is made.</summary>
    /// <param name="Arguments">With these; null: with the model's.</param>
    public sealed record Run(JsonElement? Arguments = null) : ToolDecision;

    /// <summary>It is not made; the model is given this as its result.</summary>
    public sealed record Give(string Result) : ToolDecision;

    /// <summary>It is not made; the model is told so.</summary>
    public sealed record Refuse(string? Note = null) : ToolDecision;
}
