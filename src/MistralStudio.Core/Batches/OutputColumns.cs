using System.Globalization;
using System.Text.Json;
using MistralStudio.Core.Tables;

namespace MistralStudio.Core.Batches;

/// <summary>The columns that a batch adds, by name and by what they hold.</summary>
public sealed class OutputColumns
{
    private const string Succeeded = "succeeded";
    private const string Failed = "failed";

    private readonly List<(string Name, Func<BatchResult, JsonElement?, object?> Value)> _columns = [];

    /// <param name="columns">Of the table: an added column never takes the name of one of them.</param>
    public OutputColumns(BatchPlan plan, IReadOnlyList<string> columns)
    {
        ArgumentNullException.ThrowIfNull(plan);
        var taken = columns.ToHashSet(StringComparer.Ordinal);
        Fields = FieldsOf(plan);
        foreach (var field in Fields)
        {
            Add(field, (_, answer) => answer is { ValueKind: JsonValueKind.Object } value && value.TryGetProperty(field, out var found) ? found : null);
        }

        if (Fields.Count == 0)
        {
            Add(plan.Output.Answer, (result, _) => result.State == BatchRowState.Succeeded ? result.Text : null);
        }

        if (plan.Output.State)
        {
            Add("state", (result, _) => result.State == BatchRowState.Succeeded ? Succeeded : Failed);
            Add("error", (result, _) => result.Error?.Message);
        }

        if (plan.Output.Tokens)
        {
            Add("input tokens", (result, _) => result.InputTokens);
            Add("output tokens", (result, _) => result.OutputTokens);
        }

        if (plan.Output.Milliseconds)
        {
            Add("ms", (result, _) => Math.Round(result.Milliseconds));
        }

        void Add(string name, Func<BatchResult, JsonElement?, object?> value)
        {
            var free = name;
            for (var number = 2; !taken.Add(free); number++)
            {
                free = string.Create(CultureInfo.InvariantCulture, $"{name} {number}");
            }

            _columns.Add((free, value));
        }
    }

    /// <summary>The fields of the answer's form; empty where an answer is a text.</summary>
    public IReadOnlyList<string> Fields { get; }

    /// <summary>Their names, in order.</summary>
    public IReadOnlyList<string> Names => [.. _columns.Select(column => column.Name)];

    /// <summary>What a row holds in them: texts, numbers, JSON values, or null.</summary>
    /// <param name="result">Null where the row has no outcome yet.</param>
    public IReadOnlyList<object?> ValuesOf(BatchResult? result)
    {
        if (result is null)
        {
            return [.. _columns.Select(_ => (object?)null)];
        }

        var answer = Fields.Count > 0 && result.State == BatchRowState.Succeeded ? ReadAnswer(result.Text) : null;
        return [.. _columns.Select(column => column.Value(result, answer))];
    }

    /// <summary>The same as texts.</summary>
    public IReadOnlyList<string> TextsOf(BatchResult? result) => [.. ValuesOf(result).Select(TextOf)];

    /// <summary>The JSON of an answer, also in a block of code as many models write it whatever they are told; null where it is none.</summary>
    public static JsonElement? ReadAnswer(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        text = text.Trim();
        var bare = text.StartsWith("```", StringComparison.Ordinal) && text.EndsWith("```", StringComparison.Ordinal) && text.IndexOf('\n', StringComparison.Ordinal) is > 0 and var line && line < text.Length - 3
            ? text[(line + 1)..^3]
            : text;
        try
        {
            return JsonElement.Parse(bare);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string TextOf(object? value) => value switch
    {
        null => "",
        string text => text,
        JsonElement json => TableRow.TextOf(json),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    private static List<string> FieldsOf(BatchPlan plan) =>
        plan.Prompt.Answer is { Schema: { ValueKind: JsonValueKind.Object } schema } && schema.TryGetProperty("properties", out var properties) && properties.ValueKind == JsonValueKind.Object
            ? [.. properties.EnumerateObject().Select(property => property.Name)]
            : [];
}
