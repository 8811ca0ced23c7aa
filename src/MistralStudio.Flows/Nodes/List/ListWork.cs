using System.Runtime.CompilerServices;
using System.Text.Json;
using MistralStudio.Core;
using MistralStudio.Core.Flows;
using MistralStudio.Flows.Templates;

namespace MistralStudio.Flows.Nodes.List;

/// <summary>What a List node does to its items.</summary>
internal static class ListWork
{
    private static readonly ConditionalWeakTable<ListConfig, LiquidField> s_conditions = [];

    public static Result<JsonElement[]> Of(ListConfig config, JsonElement list, IReadOnlyDictionary<string, FlowValue> inputs, CancellationToken cancellationToken)
    {
        var kept = Filter(config, list, inputs, cancellationToken);
        if (!kept.IsSuccess)
        {
            return kept.Error;
        }

        IEnumerable<JsonElement> items = kept.Value;
        if (config.DistinctBy is { } distinct)
        {
            items = items.DistinctBy(item => Member(item, distinct) is { } value ? Convert.ToBase64String(CanonicalJson.Write(value)) : "");
        }

        if (config.SortBy is { } sort)
        {
            items = config.Descending
                ? items.OrderByDescending(item => Member(item, sort), JsonOrder.Instance)
                : items.OrderBy(item => Member(item, sort), JsonOrder.Instance);
        }

        items = items.Skip(config.Skip).Take(config.Take ?? int.MaxValue);
        return config.Reverse ? [.. items.Reverse()] : items.ToArray();
    }

    private static Result<List<JsonElement>> Filter(
        ListConfig config, JsonElement list, IReadOnlyDictionary<string, FlowValue> inputs, CancellationToken cancellationToken)
    {
        if (config.Where is not { } where)
        {
            return list.EnumerateArray().ToList();
        }

        var condition = s_conditions.GetValue(config, _ => LiquidParser.Read(where, FieldSyntax.Condition).Value);
        var names = new TemplateValues();
        foreach (var (name, value) in inputs)
        {
            names.Set(name, value);
        }

        var kept = new List<JsonElement>();
        var index = 0;
        foreach (var item in list.EnumerateArray())
        {
            cancellationToken.ThrowIfCancellationRequested();
            names.Set("item", FlowValue.Of(item)).Set("index", FlowValue.Of(index++));
            var holds = condition.Holds(names);
            if (!holds.IsSuccess)
            {
                return holds.Error;
            }

            if (holds.Value)
            {
                kept.Add(item);
            }
        }

        return kept;
    }

    private static JsonElement? Member(JsonElement item, string path)
    {
        foreach (var name in path.Split('.').Skip(1))
        {
            if (item.ValueKind != JsonValueKind.Object || !item.TryGetProperty(name, out item))
            {
                return null;
            }
        }

        return item;
    }
}

/// <summary>An order of JSON values: what is missing first, then by type, numbers by size, texts by character, anything else by its JSON.</summary>
internal sealed class JsonOrder : IComparer<JsonElement?>
{
    public static JsonOrder Instance { get; } = new();

    public int Compare(JsonElement? x, JsonElement? y)
    {
        var (left, right) = (Rank(x), Rank(y));
        return left != right ? left.CompareTo(right) : left switch
        {
            0 => 0,
            1 => x!.Value.GetBoolean().CompareTo(y!.Value.GetBoolean()),
            2 => x!.Value.GetDouble().CompareTo(y!.Value.GetDouble()),
            3 => string.CompareOrdinal(x!.Value.GetString(), y!.Value.GetString()),
            _ => string.CompareOrdinal(x!.Value.GetRawText(), y!.Value.GetRawText()),
        };
    }

    private static int Rank(JsonElement? value) => value?.ValueKind switch
    {
        null or JsonValueKind.Null or JsonValueKind.Undefined => 0,
        JsonValueKind.True or JsonValueKind.False => 1,
        JsonValueKind.Number => 2,
        JsonValueKind.String => 3,
        _ => 4,
    };
}
