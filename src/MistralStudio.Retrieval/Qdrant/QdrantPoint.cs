using System.Text.Json.Nodes;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Retrieval.Index;
using MistralStudio.Retrieval.Words;

namespace MistralStudio.Retrieval.Qdrant;

/// <summary>
/// A passage as a point. Its payload holds what filters ask for and not its text, which the passage store has: one place says what a document
/// says, and erasing it there erases it.
/// </summary>
internal static class QdrantPoint
{
    public const string Dense = "dense";
    public const string Words = "bm25";
    public const string Base = "kb_id";
    public const string Document = "doc_id";
    public const string Page = "page";
    public const string Hash = "hash";
    public const string LanguageName = "language";
    public const string Revision = "revision";
    public const string Facts = "facts";
    public const string Fields = "fields";

    /// <summary>A base as a tenant's name.</summary>
    public static string Name(KnowledgeBaseId parent) => parent.Value.ToString();

    /// <summary>Writes a passage as a point.</summary>
    public static JsonObject Write(KnowledgeDocument document, Passage passage, ReadOnlySpan<float> vector, Language language)
    {
        var terms = TermWeights.OfPassage(document.Name, passage.Section, passage.ReadableText, language, passage.Keywords);
        var payload = OfDocument(document, language);
        payload[Base] = Name(document.Base);
        payload[Document] = document.Id.Value.ToString();
        payload[Hash] = passage.MatchHash;
        payload["ordinal"] = passage.Ordinal;
        payload[Revision] = passage.Revision?.Version ?? 0;
        if (passage.Page is { } page)
        {
            payload[Page] = page;
        }

        return new()
        {
            ["id"] = passage.Id.Value.ToString(),
            ["vector"] = new JsonObject
            {
                [Dense] = Numbers(vector),
                [Words] = new JsonObject
                {
                    ["indices"] = new JsonArray([.. terms.Select(term => (JsonNode)term.Term)]),
                    ["values"] = new JsonArray([.. terms.Select(term => (JsonNode)(term.Weight * TermWeights.Step))]),
                },
            },
            ["payload"] = payload,
        };
    }

    /// <summary>
    /// What filters ask of a document: each field's name, each field with its value as one word, and numbers under names of their own. A field's
    /// name is in no path, whatever is in it.
    /// </summary>
    public static JsonObject OfDocument(KnowledgeDocument document, Language language)
    {
        var facts = DocumentFacts.Of(document, language).ToList();
        var payload = new JsonObject
        {
            [LanguageName] = DocumentFacts.NameOf(language),
            ["name"] = document.Name,
            [Facts] = new JsonArray([.. facts.Select(fact => (JsonNode)Fact(fact.Key, fact.Value))]),
            [Fields] = new JsonArray([.. facts.Select(fact => (JsonNode)fact.Key)]),
        };
        foreach (var (field, value) in facts.Where(fact => fact.Value.Type != MetadataType.Text))
        {
            payload[Number(field, value.Type)] = value.Number;
        }

        return payload;
    }

    /// <summary>A field and its value as one word.</summary>
    public static string Fact(string field, MetadataValue value) => $"{field}\n{value.Type}\n{value.Text.ToLowerInvariant()}";

    /// <summary>The name under which the numbers of a field are.</summary>
    public static string Number(string field, MetadataType type) => $"n_{TermId.Of(field):x8}_{(int)type}";

    public static JsonArray Numbers(ReadOnlySpan<float> vector)
    {
        var numbers = new JsonArray();
        foreach (var number in vector)
        {
            numbers.Add((JsonNode)number);
        }

        return numbers;
    }
}
