using MistralStudio.Core;

namespace MistralStudio.Retrieval.Search;

/// <summary>Expected failures of parts of a search, which goes on without them.</summary>
internal static class SearchErrors
{
    public static Error RerankUnreadable(string model) => new(
        "search.rerank_unreadable",
        $"The model \"{model}\" did not put the passages in order; they stay as they were ranked.",
        "Choose a larger model for reranking, or a cross-encoder.");

    public static Error OtherVectors(IReadOnlyList<string> bases, string model) => new(
        "search.other_vectors",
        $"The embedding model \"{model}\" is another one than the vectors of {string.Join(", ", bases.Select(name => $"\"{name}\""))} were made by: these are found by words only.",
        "Embed the documents again in the settings of the knowledge base, or put the model that they were made by back under this name.");

    public static Error NoRouter() => new(
        "search.no_chat_model", "This process has no chat model.", "Search without reranking by a model and without rewriting questions.");

    public static Error BadModel(string reference) => new(
        "search.bad_model", $"\"{reference}\" is no reference of a model.", "Choose the model again in the settings of the knowledge base.");
}
