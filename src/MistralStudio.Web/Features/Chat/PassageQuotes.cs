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
        foreach (var citation in citations.OrderBy(citation => citation.Start))
        {
            var start = Math.Clamp(citation.Start - passage.Start, from, passage.Text.Length);
            var end = Math.Clamp(citation.End - passage.Start, start, passage.Text.Length);
            if (end == start)
            {
                continue;
            }

            if (start > from)
            {
                pieces.Add((passage.Text[from..start], false));
            }

            pieces.Add((passage.Text[start..end], true));
            from = end;
        }

        if (from < passage.Text.Length)
        {
            pieces.Add((passage.Text[from..], false));
        }

        return pieces;
    }
}
