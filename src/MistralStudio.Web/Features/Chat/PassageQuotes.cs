using MistralStudio.Core.Knowledge;

namespace MistralStudio.Web.Features.Chat;

/// <summary>A passage cut where its quotes begin and end.</summary>
public static class PassageQuotes
{
    // Between a passage and words of its document that do not touch it.
    private const string Gap = " … ";

    /// <summary>
    /// The passage's text in pieces, each a quote or not; quotes that overlap are one. What a model read around the passage and is quoted from
    /// stands before and after it.
    /// </summary>
    public static IReadOnlyList<(string Text, bool IsQuote)> Split(Passage passage, IReadOnlyList<Citation> citations)
    {
        List<(string Text, bool IsQuote)> pieces = [];
        var from = 0;

        // Words of somebody who edited the passage are in their text; words of the document are where it has them.
        var isEdited = citations.Any(citation => citation.Edit is not null);
        var shown = isEdited ? passage.ShownText : passage.Text;
        if (!isEdited)
        {
            AddOutside(int.MinValue, passage.Start);
        }

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
                Add(shown[from..start], false);
            }

            Add(shown[start..end], true);
            from = end;
        }

        if (from < shown.Length)
        {
            Add(shown[from..], false);
        }

        if (!isEdited)
        {
            AddOutside(passage.End, int.MaxValue);
        }

        return pieces;

        void Add(string text, bool isQuote)
        {
            if (isQuote && pieces is [.., { IsQuote: true } last])
            {
                pieces[^1] = (last.Text + text, true);
            }
            else
            {
                pieces.Add((text, isQuote));
            }
        }

        // Quotes as far as they are between two places of the document, in order and each word once.
        void AddOutside(int least, int most)
        {
            var at = least;
            foreach (var citation in citations.OrderBy(citation => citation.Start))
            {
                var start = Math.Max(citation.Start, at);
                var end = Math.Min(citation.End, most);
                if (end <= start)
                {
                    continue;
                }

                if (start > at && at != int.MinValue)
                {
                    Add(Gap, false);
                }

                Add(citation.Quote[(start - citation.Start)..(end - citation.Start)], true);
                at = end;
            }

            if (most != int.MaxValue && at != least && at < most)
            {
                Add(Gap, false);
            }
        }

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
