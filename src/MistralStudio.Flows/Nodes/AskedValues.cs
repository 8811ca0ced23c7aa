using System.Text.Json;
using MistralStudio.Core.Flows;

namespace MistralStudio.Flows.Nodes;

/// <summary>What is shown beside a question to a person: the values that came with it, large ones by their beginning. The run has them whole.</summary>
public static class AskedValues
{
    /// <summary>Name beside the values' own: of those that were cut their bytes in all, by name.</summary>
    public const string Cut = "$cut";

    /// <summary>The values as an object, for the question's bookmark.</summary>
    public static JsonElement Of(IReadOnlyDictionary<string, FlowValue> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        var shown = new Dictionary<string, JsonElement>(inputs.Count, StringComparer.Ordinal);
        var cut = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var (name, value) in inputs)
        {
            var isLarge = value.Bytes > FlowValue.MostInline;
            shown[name] = isLarge ? FlowValue.Of(Beginning(value.Text)).Json : value.Json;
            if (isLarge)
            {
                cut[name] = value.Bytes;
            }
        }

        if (cut.Count > 0)
        {
            shown[Cut] = FlowValue.From(cut).Json;
        }

        return FlowValue.From(shown).Json;
    }

    private static string Beginning(string text)
    {
        var length = Math.Min(text.Length, FlowValue.MostInline / 2);
        return $"{text[..(char.IsHighSurrogate(text[length - 1]) ? length - 1 : length)]}…";
    }
}
