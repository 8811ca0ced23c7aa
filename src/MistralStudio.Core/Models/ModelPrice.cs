namespace MistralStudio.Core.Models;

/// <summary>What the tokens of a remote model cost, US dollars a million.</summary>
/// <param name="Input">Of the prompt.</param>
/// <param name="Output">Of the answer.</param>
public sealed record ModelPrice(decimal Input, decimal Output)
{
    /// <summary>Key of an answer's cost, US dollars as <see cref="decimal"/>, in the <c>AdditionalProperties</c> of its last update.</summary>
    public const string CostKey = "mistralstudio.cost";

    private const decimal Million = 1_000_000m;

    /// <summary>The cost of one answer, US dollars.</summary>
    public decimal Of(long inputTokens, long outputTokens) => ((inputTokens * Input) + (outputTokens * Output)) / Million;
}
