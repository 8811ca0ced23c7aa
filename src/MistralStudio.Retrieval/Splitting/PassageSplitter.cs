using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Retrieval.Splitting;

/// <summary>
/// Cuts a document's text into passages: as near to the wanted length as whole sentences allow, at paragraph borders where one is near,
/// never across a page or a section. Passages do not overlap, and every character that is not white space is in one.
/// </summary>
internal static class PassageSplitter
{
    /// <param name="characters">Length to aim at; a passage is at most 1.4 times as long.</param>
    public static IReadOnlyList<Passage> Split(DocumentId document, ExtractedText text, TextStyle style, int characters)
    {
        var passages = new List<Passage>();
        var occurrences = new Dictionary<string, int>();
        foreach (var section in Sections.Find(text.Text, style))
        {
            foreach (var area in Areas(section, text.Pages))
            {
                foreach (var span in Pack(text.Text, area, characters))
                {
                    var content = text.Text[span.Start..span.End];
                    var hash = PassageIdentity.HashContent(content, section.Path);
                    var occurrence = occurrences[hash] = occurrences.GetValueOrDefault(hash, -1) + 1;
                    passages.Add(new Passage(
                        PassageIdentity.Create(document, hash, occurrence), document, passages.Count, content, text.PageAt(span.Start),
                        span.Start, span.End, section.Path, hash));
                }
            }
        }

        return passages;
    }

    /// <summary>The parts of a section that lie on one page each.</summary>
    private static IEnumerable<TextSpan> Areas(Section section, IReadOnlyList<PageSpan> pages)
    {
        var start = section.Start;
        foreach (var page in pages)
        {
            if (page.Start > start && page.Start < section.End)
            {
                yield return new(start, page.Start);
                start = page.Start;
            }
        }

        yield return new(start, section.End);
    }

    private static List<TextSpan> Pack(string text, TextSpan area, int characters)
    {
        var packed = new List<TextSpan>();
        TextSpan? open = null;
        foreach (var sentence in Sentences.Split(text, area.Start, area.End, lineEnds: false))
        {
            foreach (var unit in Shorten(text, sentence, characters))
            {
                if (open is { } begun)
                {
                    var paragraph = text.AsSpan(begun.End, unit.Start - begun.End).Count('\n') > 1;
                    if (unit.End - begun.Start <= characters && !(paragraph && begun.Length * 10 >= characters * 7))
                    {
                        open = begun with { End = unit.End };
                        continue;
                    }

                    packed.Add(begun);
                }

                open = unit;
            }
        }

        if (open is { } last)
        {
            // A short rest says little by itself.
            if (packed.Count > 0 && last.Length * 4 < characters && (last.End - packed[^1].Start) * 10 <= characters * 14)
            {
                packed[^1] = packed[^1] with { End = last.End };
            }
            else
            {
                packed.Add(last);
            }
        }

        return packed;
    }

    /// <summary>Cuts a sentence that is too long (a table, a list, a line of code) at a line end, else at a space, else anywhere.</summary>
    private static IEnumerable<TextSpan> Shorten(string text, TextSpan sentence, int characters)
    {
        var start = sentence.Start;
        while (sentence.End - start > characters)
        {
            var window = text.AsSpan(start, characters);
            var cut = window.LastIndexOf('\n');
            if (cut < characters / 3)
            {
                cut = window.LastIndexOfAny(' ', '\t');
            }

            if (cut < characters / 3)
            {
                cut = char.IsHighSurrogate(window[^1]) ? characters - 1 : characters;
            }

            if (Sentences.Trim(text, start, start + cut) is { Length: > 0 } piece)
            {
                yield return piece;
            }

            start += cut;
        }

        if (Sentences.Trim(text, start, sentence.End) is { Length: > 0 } rest)
        {
            yield return rest;
        }
    }
}
