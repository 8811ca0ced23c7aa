using System.Text.Json;
using MistralStudio.Core;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Retrieval.Nodes.KnowledgeSearch;

/// <summary>
/// A filter as flows write it: <c>{"documents": [ids], "conditions": [{"field": "year", "op": "atLeast", "values": [2024]}]}</c>, the same that
/// the search address takes.
/// </summary>
internal static class FilterValue
{
    private const int MostConditions = 20;

    /// <summary>Reads one; nothing and null let everything through.</summary>
    public static Result<SearchFilter> Read(JsonElement? value)
    {
        if (value is not { ValueKind: not (JsonValueKind.Null or JsonValueKind.Undefined) } given)
        {
            return SearchFilter.None;
        }

        if (given.ValueKind != JsonValueKind.Object)
        {
            return KnowledgeErrors.BadFilter("it is no object");
        }

        var documents = new List<DocumentId>();
        foreach (var item in Items(given, "documents"))
        {
            if (item.ValueKind != JsonValueKind.String || !item.TryGetGuid(out var id))
            {
                return KnowledgeErrors.BadFilter("one of its documents is no id");
            }

            documents.Add(DocumentId.From(id));
        }

        var conditions = new List<FieldCondition>();
        foreach (var item in Items(given, "conditions"))
        {
            if (conditions.Count == MostConditions)
            {
                return KnowledgeErrors.BadFilter($"it has more than {MostConditions} conditions");
            }

            var condition = ReadCondition(item);
            if (!condition.IsSuccess)
            {
                return condition.Error;
            }

            conditions.Add(condition.Value);
        }

        return new SearchFilter(documents, conditions);
    }

    /// <summary>Both at once; null where no document can fit both.</summary>
    public static Result<SearchFilter?> Both(JsonElement? one, JsonElement? other)
    {
        var (first, second) = (Read(one), Read(other));
        if (!first.IsSuccess || !second.IsSuccess)
        {
            return (first.Error ?? second.Error)!;
        }

        var (a, b) = (first.Value, second.Value);
        var documents = a.Documents.Count == 0 ? b.Documents : b.Documents.Count == 0 ? a.Documents : [.. a.Documents.Intersect(b.Documents)];
        return documents.Count == 0 && (a.Documents.Count > 0 || b.Documents.Count > 0)
            ? (SearchFilter?)null
            : new SearchFilter(documents, [.. a.Conditions, .. b.Conditions]);
    }

    private static Result<FieldCondition> ReadCondition(JsonElement item)
    {
        if (item.ValueKind != JsonValueKind.Object || !item.TryGetProperty("field", out var field) || field.ValueKind != JsonValueKind.String || field.GetString()!.Length == 0)
        {
            return KnowledgeErrors.BadFilter("one of its conditions names no field");
        }

        FilterOperator? comparison = (item.TryGetProperty("op", out var op) ? op.ToString() : "is") switch
        {
            "is" => FilterOperator.Is,
            "isNot" => FilterOperator.IsNot,
            "atLeast" => FilterOperator.AtLeast,
            "atMost" => FilterOperator.AtMost,
            "exists" => FilterOperator.Exists,
            _ => null,
        };
        var values = Items(item, "values").Select(ReadValue).ToList();
        return comparison is null ? KnowledgeErrors.BadFilter($"\"{op}\" compares nothing")
            : values.Contains(null) || (values.Count == 0 && comparison != FilterOperator.Exists) ? KnowledgeErrors.BadFilter($"its condition on \"{field.GetString()}\" has no values of text, number, true or false")
            : new FieldCondition(field.GetString()!, comparison.Value, [.. values.Select(value => value!)]);
    }

    // A text that reads as a date is one: JSON has no other way to write it.
    private static MetadataValue? ReadValue(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.True or JsonValueKind.False => MetadataValue.Of(value.GetBoolean()),
        JsonValueKind.Number => MetadataValue.Of(value.GetDouble()),
        JsonValueKind.String when MetadataValue.Parse(value.GetString()!) is { Type: MetadataType.Date } date => date,
        JsonValueKind.String => MetadataValue.Of(value.GetString()!),
        _ => null,
    };

    private static IEnumerable<JsonElement> Items(JsonElement value, string name) =>
        value.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array ? list.EnumerateArray() : [];
}
