using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Retrieval.Splitting;

/// <summary>
/// Cuts a document into passages along its structure: whole sentences, items, rows and pieces of code, as near to the wanted length as they
/// allow; never across a page or a section. Each names the larger piece around it that a model reads.
/// </summary>
internal static class PassageSplitter
{
    /// <param name="characters">Length to aim at where the settings name none; a passage is at most 1.4 times as long, and its overlap.</param>
    public static IReadOnlyList<Passage> Split(DocumentId document, ExtractedText text, SplittingSettings settings, int characters)
    {
        characters = settings.PassageCharacters ?? characters;
        var (units, headers) = SplitUnits.Find(text, characters);
        var passages = new List<Passage>();
        var occurrences = new Dictionary<string, int>();
        var next = 0;
        foreach (var section in SectionPaths.Find(text))
        {
            var first = passages.Count;
            while (next < units.Count && units[next].Start < section.End)
            {
                var from = next;
                var page = text.PageAt(units[next].Start);
                while (next < units.Count && units[next].Start < section.End && text.PageAt(units[next].Start) == page)
                {
                    next++;
                }

                foreach (var (span, table) in Overlap(text.Text, Pack(text.Text, units[from..next], characters), settings.OverlapCharacters))
                {
                    var header = settings.RepeatTableHeaders ? HeaderOf(text.Text, span, table, headers, characters) : null;
                    var content = text.Text[span.Start..span.End];
                    var hash = PassageIdentity.HashContent(content, section.Path, header);
                    var occurrence = occurrences[hash] = occurrences.GetValueOrDefault(hash, -1) + 1;
                    passages.Add(new Passage(
                        PassageIdentity.Create(document, hash, occurrence), document, passages.Count, content, page, span.Start, span.End, section.Path, hash, header));
                }
            }

            NameParents(passages, first, settings.ParentCharacters);
        }

        return passages;
    }

    /// <summary>Puts pieces together; the table is that of the first one, where that is a row and not the first of its table.</summary>
    private static List<(TextSpan Span, int Table)> Pack(string text, List<SplitUnit> units, int characters)
    {
        var packed = new List<(TextSpan Span, int Table)>();
        TextSpan? open = null;
        var openTable = -1;
        var tables = new HashSet<int>();
        SplitUnit last = default;
        foreach (var unit in units)
        {
            if (open is { } begun)
            {
                if (unit.End - begun.Start <= characters && !Parts(text, begun, last, unit, characters))
                {
                    open = begun with { End = unit.End };
                    last = unit;
                    tables.Add(unit.Table);
                    continue;
                }

                packed.Add((begun, openTable));
            }

            open = new(unit.Start, unit.End);
            openTable = tables.Add(unit.Table) ? -1 : unit.Table;
            last = unit;
        }

        if (open is { } rest)
        {
            // A short rest says little by itself.
            if (packed.Count > 0 && rest.Length * 4 < characters && (rest.End - packed[^1].Span.Start) * 10 <= characters * 14)
            {
                packed[^1] = (packed[^1].Span with { End = rest.End }, packed[^1].Table);
            }
            else
            {
                packed.Add((rest, openTable));
            }
        }

        return packed;
    }

    /// <summary>Whether a passage had better end before a piece that it has room for.</summary>
    private static bool Parts(string text, TextSpan open, SplitUnit last, SplitUnit unit, int characters) =>
        // A heading goes with what follows it, however much stands before it.
        last.Kind != BlockKind.Heading
        && ((unit.Table >= 0) != (last.Table >= 0) ? open.Length * 10 >= characters * 3
            : unit.Begins && open.Length * 10 >= characters * 7
                && (unit.Kind is BlockKind.Heading or BlockKind.Code || text.AsSpan(last.End, unit.Start - last.End).Count('\n') > 1));

    /// <summary>Lets each passage but the first begin with the last sentences of the one before it.</summary>
    private static IEnumerable<(TextSpan Span, int Table)> Overlap(string text, List<(TextSpan Span, int Table)> packed, int overlap)
    {
        for (var i = 0; i < packed.Count; i++)
        {
            var (span, table) = packed[i];
            if (overlap > 0 && i > 0 && table < 0)
            {
                var before = packed[i - 1].Span;
                var start = Sentences.Split(text, before.Start, before.End, lineEnds: true)
                    .Where(sentence => before.End - sentence.Start <= overlap && sentence.Start > before.Start).Select(sentence => sentence.Start).DefaultIfEmpty(span.Start).First();
                span = span with { Start = start };
            }

            yield return (span, table);
        }
    }

    private static string? HeaderOf(string text, TextSpan span, int table, List<TextSpan> headers, int characters) =>
        table >= 0 && headers[table] is { Length: > 0 } header && header.End <= span.Start && header.Length * 2 <= characters
            ? text[header.Start..header.End]
            : null;

    /// <summary>Groups the passages of a section into pieces of the wanted length, without cutting one.</summary>
    private static void NameParents(List<Passage> passages, int first, int characters)
    {
        for (var from = first; from < passages.Count && characters > 0;)
        {
            var to = from + 1;
            while (to < passages.Count && passages[to].End - passages[from].Start <= characters)
            {
                to++;
            }

            for (var i = from; i < to; i++)
            {
                passages[i] = passages[i] with { ParentStart = passages[from].Start, ParentEnd = passages[to - 1].End };
            }

            from = to;
        }
    }
}
