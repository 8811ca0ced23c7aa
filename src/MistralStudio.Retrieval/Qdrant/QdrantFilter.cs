using System.Text.Json.Nodes;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Retrieval.Qdrant;

/// <summary>Filters in Qdrant's words; the bases that may be read are always the first condition.</summary>
internal static class QdrantFilter
{
    /// <summary>All passages of bases.</summary>
    public static JsonObject Of(IReadOnlyList<KnowledgeBaseId> bases) => Of(bases, SearchFilter.None);

    /// <summary>The passages of bases that a filter lets through, and of those only some where <paramref name="passages"/> names them.</summary>
    public static JsonObject Of(IReadOnlyList<KnowledgeBaseId> bases, SearchFilter filter, IReadOnlyList<PassageId>? passages = null)
    {
        var must = new JsonArray(Any(QdrantPoint.Base, bases.Select(QdrantPoint.Name)));
        var mustNot = new JsonArray();
        if (filter.Documents.Count > 0)
        {
            must.Add(Any(QdrantPoint.Document, filter.Documents.Select(document => document.Value.ToString())));
        }

        foreach (var condition in filter.Conditions)
        {
            (condition.Operator == FilterOperator.IsNot ? mustNot : must).Add(condition.Field == "page" ? OfPage(condition) : OfDocument(condition));
        }

        if (passages is not null)
        {
            must.Add(new JsonObject { ["has_id"] = Texts(passages.Select(passage => passage.Value.ToString())) });
        }

        var written = new JsonObject { ["must"] = must };
        if (mustNot.Count > 0)
        {
            written["must_not"] = mustNot;
        }

        return written;
    }

    /// <summary>The passages of one document.</summary>
    public static JsonObject OfDocument(KnowledgeBaseId parent, DocumentId document) => Of([parent], new([document], []));

    public static JsonObject Any(string key, IEnumerable<string> values) =>
        new() { ["key"] = key, ["match"] = new JsonObject { ["any"] = Texts(values) } };

    private static JsonObject OfDocument(FieldCondition condition) => condition.Operator switch
    {
        FilterOperator.Exists => new() { ["key"] = QdrantPoint.Fields, ["match"] = new JsonObject { ["value"] = condition.Field } },
        FilterOperator.AtLeast or FilterOperator.AtMost => AnyOf(condition.Values.Select(value =>
            Range(QdrantPoint.Number(condition.Field, value.Type), condition.Operator == FilterOperator.AtLeast ? "gte" : "lte", value.Number))),
        _ => Any(QdrantPoint.Facts, condition.Values.Select(value => QdrantPoint.Fact(condition.Field, value))),
    };

    private static JsonObject OfPage(FieldCondition condition)
    {
        var numbers = condition.Values.Where(value => value.Type == MetadataType.Number).Select(value => value.Number).ToList();
        return condition.Operator switch
        {
            FilterOperator.Exists => Range(QdrantPoint.Page, "gte", int.MinValue),
            _ when numbers.Count == 0 => Any(QdrantPoint.Base, []),
            FilterOperator.AtLeast => Range(QdrantPoint.Page, "gte", numbers[0]),
            FilterOperator.AtMost => Range(QdrantPoint.Page, "lte", numbers[0]),
            _ => AnyOf(numbers.Select(number => new JsonObject
            {
                ["key"] = QdrantPoint.Page, ["range"] = new JsonObject { ["gte"] = number, ["lte"] = number },
            })),
        };
    }

    private static JsonObject Range(string key, string bound, double value) => new() { ["key"] = key, ["range"] = new JsonObject { [bound] = value } };

    private static JsonObject AnyOf(IEnumerable<JsonObject> conditions) => new() { ["should"] = new JsonArray([.. conditions]) };

    private static JsonArray Texts(IEnumerable<string> values) => new([.. values.Select(value => (JsonNode)value)]);
}
