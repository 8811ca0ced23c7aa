using System.Text.RegularExpressions;
using DiffPlex;

namespace MistralStudio.Web.Components.Diff;

/// <summary>Texts as lines and lines as words; joined again they are the text, to the last character.</summary>
internal static partial class Pieces
{
    /// <summary>Lines with their ends.</summary>
    public static IReadOnlyList<string> Lines(string text) => [.. Line().Matches(text).Select(match => match.Value)];

    /// <summary>Runs of letters and digits, runs of blanks, and everything else one by one.</summary>
    public static IReadOnlyList<string> Words(string line) => [.. Word().Matches(line).Select(match => match.Value)];

    /// <summary>A line without its end.</summary>
    public static string WithoutEnd(string line) => line.TrimEnd('\r', '\n');

    /// <summary>The text of lines.</summary>
    public static string Join(IEnumerable<string> lines) => string.Concat(lines);

    /// <summary>For DiffPlex, which cuts by itself.</summary>
    public static IChunker OfLines { get; } = new Chunker(Lines);

    /// <inheritdoc cref="OfLines"/>
    public static IChunker OfWords { get; } = new Chunker(Words);

    [GeneratedRegex(@"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\z", RegexOptions.CultureInvariant)]
    private static partial Regex Line();

    [GeneratedRegex(@"[\p{L}\p{N}\p{M}_]+|\s+|[\uD800-\uDBFF][\uDC00-\uDFFF]|[\s\S]", RegexOptions.CultureInvariant)]
    private static partial Regex Word();

    private sealed class Chunker(Func<string, IReadOnlyList<string>> cut) : IChunker
    {
        public IReadOnlyList<string> Chunk(string text) => cut(text);
    }
}
