using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using MistralStudio.Core.Flows;
using MistralStudio.Flows.Definitions;

namespace MistralStudio.Flows.Imports.Dify;

/// <summary>Parts of Dify's nodes that mean the same wherever they stand; plain reading.</summary>
internal static class DifyNodes
{
    public static FlowPosition? Position(JsonObject node) => node.Number("position", "x") is { } x && node.Number("position", "y") is { } y ? new FlowPosition(x, y) : null;

    /// <summary>What a model node keeps of a model: its parameters, and not whose it is.</summary>
    public static JsonObject Model(JsonObject? model)
    {
        var config = new JsonObject { ["model"] = "default" };
        if (model.Number("completion_params", "temperature") is >= 0 and <= 2 and var temperature)
        {
            config["temperature"] = temperature;
        }

        if (model.Number("completion_params", "max_tokens") is >= 1 and <= 200_000 and var most)
        {
            config["maxTokens"] = (int)most;
        }

        return config;
    }

    public static string? ModelRemark(JsonObject? model) => model.Text("name") is { Length: > 0 } name
        ? $"It asked the model \"{name}\" there, and asks the workspace's default model here."
        : null;

    public static PortType TypeOf(string? type) => type switch
    {
        "number" => PortType.Number,
        "boolean" or "checkbox" => PortType.Boolean,
        "file" => PortType.File,
        "file-list" or "array[file]" => PortType.ListOf(PortType.File),
        "json" or "json_object" or "object" => PortType.Json,
        "array[string]" => PortType.ListOf(PortType.Text),
        "array[number]" => PortType.ListOf(PortType.Number),
        "array[object]" or "array[any]" => PortType.ListOf(PortType.Json),
        _ => PortType.Text,
    };

    /// <summary>Members behind a value: <c>.result.items</c>; of names that a template could not say, nothing.</summary>
    public static string Member(IEnumerable<string> names)
    {
        var list = names.ToList();
        return list.TrueForAll(name => name.Length > 0 && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '_') && !char.IsAsciiDigit(name[0]))
            ? string.Concat(list.Select(name => $".{name}"))
            : "";
    }

    /// <summary><c>name: value</c> a line.</summary>
    public static IEnumerable<(string Name, string Value)> Lines(string? text) => (text ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Select(line => (Line: line.Trim(), Colon: line.Trim().IndexOf(':', StringComparison.Ordinal))).Where(line => line.Colon > 0)
        .Select(line => (line.Line[..line.Colon].Trim(), line.Line[(line.Colon + 1)..].Trim()));

    /// <summary>True for a header that could hold a key: it does not come along.</summary>
    public static bool IsSecret(string header) =>
        ((string[])["auth", "key", "token", "cookie", "secret", "password"]).Any(word => header.Contains(word, StringComparison.OrdinalIgnoreCase));

    /// <summary>The words of a note, which is a tree of its editor.</summary>
    public static string NoteText(string? text)
    {
        if (ForeignJson.Inside(text) is not JsonObject tree)
        {
            return text ?? "";
        }

        var words = new List<string>();
        Walk(tree, words, 0);
        return string.Join(' ', words).Trim();
    }

    private static void Walk(JsonNode? node, List<string> words, int depth)
    {
        if (depth > FlowImport.MostDepth)
        {
            return;
        }

        if (node is JsonObject part)
        {
            if (part.Text("type") is "text" && part.Text("text") is { } said)
            {
                words.Add(said);
            }

            foreach (var (_, inside) in part)
            {
                Walk(inside, words, depth + 1);
            }
        }
        else if (node is JsonArray list)
        {
            foreach (var inside in list)
            {
                Walk(inside, words, depth + 1);
            }
        }
    }
}

/// <summary>Jinja as Liquid, where the two differ and flows use it.</summary>
internal static partial class Jinja
{
    /// <summary>The template, with sums as filters: <c>{{ index + 1 }}</c> is <c>{{ index | plus: 1 }}</c>.</summary>
    public static string ToLiquid(string template) => Sum().Replace(template, sum => $"{{{{ {sum.Groups["name"].Value} | {sum.Groups["sign"].Value switch { "+" => "plus", "-" => "minus", "*" => "times", _ => "divided_by" }}: {sum.Groups["number"].Value} }}}}");

    [GeneratedRegex(@"\{\{ ?(?<name>[A-Za-z_][A-Za-z0-9_.]*) ?(?<sign>[-+*/]) ?(?<number>[0-9]+(\.[0-9]+)?) ?\}\}", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Sum();
}
