using MistralStudio.Core.Knowledge;

namespace MistralStudio.Web.Features.Chat;

/// <summary>A passage cut where its quotes begin and end.</summary>
public static class PassageQuotes
{
    /// <summary>The passage's text in pieces, each a quote or not; quotes that overlap are one.</summary>
    public static IReadOnlyList<(string Text, bool IsQuote)> Split(Passage passage, IReadOnlyList<Citation> citations)
    {
        List<(string, bool)> pieces = [];
        var from = 0;

        // Words of somebody who edited the passage are in their text; words of the document are where it has them.
        var isEdited = citations.Any(citation => citation.Edit is not null);
        var shown = isEdited ? passage.ShownText : passage.Text;
        foreach (var (first, last) in citations.Select(Place).OrderBy(place => place.Start))
        {
            var start = Math.Clamp(first, from, shown.Length);
            var end = Math.Clamp(last, start, shown.Length);
            if (end == start)
            {
                continue;
            }

            if (start > from)
            {
                pieces.Add((shown[from..start], false));
            }

            pieces.Add((shown[start..end], true));
            from = end;
        }

        if (from < shown.Length)
        {
            pieces.Add((shown[from..], false));
        }

        return pieces;

        (int Start, int End) Place(Citation citation)
        {
            if (!isEdited)
            {
                return (citation.Start - passage.Start, citation.End - passage.Start);
            }

            var at = shown.IndexOf(citation.Quote, StringComparison.Ordinal);
            return at < 0 ? (0, 0) : (at, at + citation.Quote.Length);
        }
    }
}
