using System.Text.RegularExpressions;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Retrieval.Citations;

/// <summary>A passage as evidence: its text, and what stands above it and so goes without saying in it.</summary>
/// <param name="Text">What may be quoted.</param>
/// <param name="Context">Name of its document and path of its section; empty where there is none.</param>
internal sealed partial record EvidenceSource(string Text, string Context = "")
{
    /// <summary>What was read of a hit.</summary>
    public static EvidenceSource Of(SearchHit hit) => new(hit.ReadText, $"{hit.Document} {hit.Section}");

    /// <summary>
    /// Words that the context says. Of its numbers only years count: "FY2022_report_17.pdf" says which year it is about, and not that anything
    /// is 17.
    /// </summary>
    public IReadOnlySet<string> Said()
    {
        var parted = Seam().Replace(Context, " ");
        var words = EvidenceWords.Of(parted);
        var said = words.Stems.Where(stem => !words.Numbers.Contains(stem)).ToHashSet(StringComparer.Ordinal);
        said.UnionWith(words.Numbers.Where(IsYear));
        return said;
    }

    /// <summary>A number that reads as a year.</summary>
    public static bool IsYear(string number) => number.Length == 4 && (number.StartsWith("19", StringComparison.Ordinal) || number.StartsWith("20", StringComparison.Ordinal));

    [GeneratedRegex(@"(?<=\p{L})(?=\d)|(?<=\d)(?=\p{L})|[_.-]+")]
    private static partial Regex Seam();
}
