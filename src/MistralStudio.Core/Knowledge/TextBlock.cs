using System.Text.Json.Serialization;

namespace MistralStudio.Core.Knowledge;

/// <summary>What a piece of a document is.</summary>
[JsonConverter(typeof(JsonNumberEnumConverter<BlockKind>))]
public enum BlockKind
{
    /// <summary>Running text.</summary>
    Paragraph,

    /// <summary>A heading, with its <see cref="TextBlock.Level"/>.</summary>
    Heading,

    /// <summary>One item of a list, with its <see cref="TextBlock.Level"/>.</summary>
    ListItem,

    /// <summary>The row of a table that names its columns.</summary>
    TableHeader,

    /// <summary>One row of a table.</summary>
    TableRow,

    /// <summary>Program text, with its <see cref="TextBlock.Language"/> where that is known.</summary>
    Code,
}

/// <summary>
/// A piece of a document: the span of <see cref="ExtractedText.Text"/> that it takes, and what it is. Every parser gives the same blocks, in
/// the order of the text and without overlap; what lies between them is white space and marks.
/// </summary>
/// <param name="Start">First UTF-16 unit.</param>
/// <param name="End">One past the last.</param>
/// <param name="Level">From 1: depth of a heading or of a list's item; 0 for other kinds.</param>
/// <param name="Language">Of code, lower case; null where nothing names it.</param>
/// <param name="Box">Where it stands on its page; null where the format has no places.</param>
public sealed record TextBlock(
    [property: JsonPropertyName("k")] BlockKind Kind,
    [property: JsonPropertyName("s")] int Start,
    [property: JsonPropertyName("e")] int End,
    [property: JsonPropertyName("l")] int Level = 0,
    [property: JsonPropertyName("c")] string? Language = null,
    [property: JsonPropertyName("b")] BlockBox? Box = null)
{
    /// <summary>True for both kinds of rows.</summary>
    [JsonIgnore]
    public bool IsRow => Kind is BlockKind.TableHeader or BlockKind.TableRow;
}

/// <summary>A place on a page, points from its upper left corner as a viewer shows it.</summary>
public readonly record struct BlockBox(
    [property: JsonPropertyName("x")] float Left,
    [property: JsonPropertyName("y")] float Top,
    [property: JsonPropertyName("w")] float Width,
    [property: JsonPropertyName("h")] float Height);
