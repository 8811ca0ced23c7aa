using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Localization;
using MistralStudio.Flows.Definitions;

namespace MistralStudio.Web.Features.Flows.Editor;

/// <summary>How a type of node looks wherever it is shown: its icon, and the colour of what it puts out.</summary>
public static class NodeFace
{
    private static readonly Dictionary<string, (string Glyph, string? Tone)> s_faces = new(StringComparer.Ordinal)
    {
        ["start"] = ("play", null),
        ["schedule"] = ("clock", null),
        ["webhook"] = ("webhook", "json"),
        ["llm"] = ("sparkles", "text"),
        ["agent"] = ("bot", "text"),
        ["classify"] = ("split", "choice"),
        ["extract"] = ("braces", "json"),
        ["rerank"] = ("list-filter", "passages"),
        ["knowledge-search"] = ("library", "passages"),
        ["read-document"] = ("file-up", "file"),
        ["condition"] = ("route", "choice"),
        ["switch"] = ("split", "choice"),
        ["for-each"] = ("repeat", null),
        ["loop"] = ("rotate-ccw", null),
        ["merge"] = ("merge", null),
        ["sub-flow"] = ("workflow", "json"),
        ["template"] = ("text-quote", "text"),
        ["code"] = ("square-terminal", "json"),
        ["redact"] = ("shield", "text"),
        ["set-variable"] = ("pencil", "json"),
        ["given"] = ("pin", "json"),
        ["list"] = ("list", "json"),
        ["http-request"] = ("globe", "json"),
        ["mcp-tool"] = ("plug", "json"),
        ["send"] = ("mail", "text"),
        ["approval"] = ("user-check", "choice"),
        ["form"] = ("user-check", "choice"),
        ["wait"] = ("clock", null),
        ["answer"] = ("message-square", "text"),
        ["output"] = ("circle-check", "json"),
        ["note"] = ("sticky-note", null),
    };

    /// <summary>What a type is called in plain words (<c>Kind.llm</c>); its id where nobody gave it a name.</summary>
    public static string NameOf(string type, IStringLocalizer words)
    {
        ArgumentNullException.ThrowIfNull(words);
        return s_faces.ContainsKey(type) ? words[$"Kind.{type}"] : type;
    }

    /// <summary>What a node is called: its title, or what its type is called.</summary>
    public static string TitleOf(string type, string? title, IStringLocalizer words) => title is { Length: > 0 } ? title : NameOf(type, words);

    /// <summary>What nodes are called beside each other, by their paths: those that would be called the same, and untitled ones of a round, with their path.</summary>
    public static IReadOnlyDictionary<string, string> TitlesOf(IEnumerable<(string Path, string Type, string? Title)> nodes, IStringLocalizer words)
    {
        var named = nodes.Select(node => (node.Path, IsOwn: node.Title is { Length: > 0 }, Name: TitleOf(node.Type, node.Title, words))).ToList();
        var often = named.CountBy(node => node.Name, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal);
        return named.ToDictionary(node => node.Path, node => often[node.Name] > 1 || (!node.IsOwn && node.Path.Contains('/', StringComparison.Ordinal)) ? $"{node.Name} · {node.Path}" : node.Name, StringComparer.Ordinal);
    }

    /// <summary>Name of the icon.</summary>
    public static string Glyph(string type) => s_faces.TryGetValue(type, out var face) ? face.Glyph : "circle-help";

    /// <summary>Colour of the tile; null for what only steers.</summary>
    public static string? Tone(string type) => s_faces.TryGetValue(type, out var face) ? face.Tone : null;

    /// <summary>Colour of its time: <c>d</c> for models, <c>r</c> for retrieval, <c>t</c> for everything else.</summary>
    public static string Ribbon(string type) => type switch
    {
        "llm" or "agent" or "classify" or "extract" => "d",
        "knowledge-search" or "rerank" or "read-document" => "r",
        _ => "t",
    };

    /// <summary>True where most of its time is somebody's, or a clock's.</summary>
    public static bool Waits(string type) => type is "approval" or "form" or "wait";

    /// <summary>What stands under the title beside the kind: a model, an address; null where the kind says enough.</summary>
    public static string? Under(FlowNode node)
    {
        ArgumentNullException.ThrowIfNull(node);
        return node.Type switch
        {
            "llm" or "agent" or "classify" or "extract" => ModelName(Text(node, "model") ?? "default"),
            "rerank" => ModelName(Text(node, "model")),
            "http-request" => Text(node, "url") is { Length: > 0 } url ? $"{Text(node, "method") ?? "GET"} {Short(url)}" : null,
            "mcp-tool" => Join(" · ", Text(node, "server"), Text(node, "tool")),
            "sub-flow" => Text(node, "flow"),
            "send" => Text(node, "via") == "email" ? Items(node, "to") : Text(node, "connection"),
            _ => null,
        };
    }

    /// <summary>The line at the bottom of its card before it ran: what it is set to do; empty for nothing to say.</summary>
    public static string Line(FlowNode node, IReadOnlyList<FlowInput> inputs)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(inputs);
        var line = node.Type switch
        {
            "start" => string.Join(", ", inputs.Select(input => input.Title ?? input.Name)),
            "schedule" => Join(" · ", Text(node, "cron"), Text(node, "timeZone")),
            "llm" or "agent" => Text(node, "prompt") is { Length: > 0 } prompt ? prompt : Text(node, "system"),
            "extract" => Fields(node),
            "knowledge-search" => Items(node, "bases"),
            "condition" => Text(node, "when"),
            "for-each" => null,
            "loop" => Text(node, "until"),
            "template" => Text(node, "template"),
            "code" => Text(node, "source"),
            "redact" => Items(node, "kinds"),
            "set-variable" => Text(node, "name"),
            "send" => Text(node, "subject") ?? Text(node, "text"),
            "form" => Text(node, "title"),
            "wait" => Text(node, "for") ?? Text(node, "until"),
            "http-request" => Text(node, "body"),
            "merge" => Text(node, "mode"),
            _ => null,
        };
        return OneLine(line);
    }

    /// <summary>The texts of a list of its configuration, one after the other.</summary>
    public static string? Items(FlowNode node, string name) =>
        Member(node, name) is { ValueKind: JsonValueKind.Array } items
            ? string.Join(", ", items.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.String).Select(item => item.GetString()))
            : null;

    /// <summary>A text of its configuration; null where there is none.</summary>
    public static string? Text(FlowNode node, string name) => Member(node, name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    /// <summary>A time as <c>2.00:00:00</c> in short: 48 h.</summary>
    public static string Span(string? text) => !TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var span) ? "" : Durations.UnitOf(span) switch
    {
        DurationUnit.Seconds => $"{Durations.Write(span, DurationUnit.Seconds)} s",
        DurationUnit.Minutes => $"{Durations.Write(span, DurationUnit.Minutes)} min",
        _ => $"{Durations.Write(span, DurationUnit.Hours)} h",
    };

    private static JsonElement? Member(FlowNode node, string name) =>
        node.Config is { ValueKind: JsonValueKind.Object } config && config.TryGetProperty(name, out var member) ? member : null;

    // A card has no room for where a model is; its settings say it.
    private static string? ModelName(string? reference) => reference?[(reference.LastIndexOf('/') + 1)..];

    private static string? Fields(FlowNode node) =>
        Member(node, "schema") is { ValueKind: JsonValueKind.Object } schema && schema.TryGetProperty("properties", out var properties) && properties.ValueKind == JsonValueKind.Object
            ? string.Join(", ", properties.EnumerateObject().Select(property => property.Name))
            : null;

    private static string? Join(string between, params string?[] parts) => string.Join(between, parts.Where(part => !string.IsNullOrEmpty(part))) is { Length: > 0 } all ? all : null;

    private static string Short(string url) => Uri.TryCreate(url, UriKind.Absolute, out var address) ? address.Host + (address.AbsolutePath.Length > 1 ? Uri.UnescapeDataString(address.AbsolutePath) : "") : url;

    private static string OneLine(string? text)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return "";
        }

        var line = text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).FirstOrDefault() ?? "";
        return line.Length <= 80 ? line : line[..80];
    }
}
