using Microsoft.Extensions.Localization;
using MistralStudio.Core.Flows;
using MistralStudio.Web.Features.Flows.Editor;

namespace MistralStudio.Web.Features.Flows.Changes;

/// <summary>What a place inside of a node is called by those who fill it in.</summary>
internal static class SettingWords
{
    private const string Settings = "/config";
    private const string Limit = "/policy/timeout";

    private static readonly Dictionary<string, string> s_ofAnyNode = new(StringComparer.Ordinal)
    {
        ["/title"] = "Name", [Limit] = "Policy.Timeout", ["/policy/retry/attempts"] = "Policy.Attempts", ["/policy/onError"] = "Policy.OnError", ["/policy/reuse"] = "Policy.Reuse",
    };

    /// <summary>The titles of the settings that lead to a place: <c>/config/classes/0/name</c> is "Classes 1, Branch"; the pointer where nobody named it.</summary>
    /// <param name="pointer">JSON pointer into the node.</param>
    /// <param name="type">The node's type; null where it is not installed, or the place is in no node.</param>
    public static string NameOf(string pointer, NodeType? type, IStringLocalizer words)
    {
        if (s_ofAnyNode.TryGetValue(pointer, out var word))
        {
            return words[word];
        }

        if (type is null || !pointer.StartsWith($"{Settings}/", StringComparison.Ordinal))
        {
            return pointer;
        }

        var names = new List<string>();
        IReadOnlyList<SchemaField> fields = SchemaField.Of(type);
        SchemaField? found = null;
        foreach (var part in pointer[(Settings.Length + 1)..].Split('/'))
        {
            if (found?.Kind is SettingKind.Groups && int.TryParse(part, out var place))
            {
                names[^1] += $" {place + 1}";
                fields = found.Inside(pointer, type);
                found = null;
                continue;
            }

            fields = found is { Kind: SettingKind.Group } ? found.Inside(pointer, type) : fields;
            found = found is null or { Kind: SettingKind.Group } ? fields.FirstOrDefault(field => field.Name == part) : null;
            if (found is null)
            {
                return names.Count == 0 ? pointer : $"{string.Join(", ", names)}, {part}";
            }

            names.Add(found.Title);
        }

        return string.Join(", ", names);
    }

    /// <summary>True where a place holds a length of time.</summary>
    public static bool IsDuration(string pointer, NodeType? type) => pointer == Limit
        || (type is not null && SchemaField.Of(type).Any(field => field.Kind == SettingKind.Duration && pointer == $"{Settings}{field.Pointer}"));
}
