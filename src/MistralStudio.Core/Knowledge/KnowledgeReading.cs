namespace MistralStudio.Core.Knowledge;

/// <summary>How much of its knowledge a turn reads.</summary>
/// <param name="Everything">True to give the model all of the documents in their order instead of the passages that a search finds.</param>
/// <param name="Passages">Most passages that a search gives the model; null: what the product thinks right.</param>
public sealed record KnowledgeReading(bool Everything = false, int? Passages = null)
{
    /// <summary>A search, with as many passages as the product thinks right.</summary>
    public static KnowledgeReading Default { get; } = new();

    /// <summary>Most text that is read as a whole: about 200,000 tokens.</summary>
    public const int MostCharacters = 800_000;

    /// <summary>Bounds of <see cref="Passages"/>.</summary>
    public const int FewestPassages = 1, MostPassages = 50;
}
