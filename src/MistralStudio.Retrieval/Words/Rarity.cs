namespace MistralStudio.Retrieval.Words;

/// <summary>How much the presence of a term says: the fewer passages have it, the more.</summary>
internal static class Rarity
{
    /// <summary>Inverse document frequency as Lucene and Qdrant have it; above 0.</summary>
    /// <param name="passages">Passages that are searched.</param>
    /// <param name="having">Those of them that have the term.</param>
    public static double Of(long passages, long having) => Math.Log(1 + ((Math.Max(passages, having) - having + .5) / (having + .5)));
}
