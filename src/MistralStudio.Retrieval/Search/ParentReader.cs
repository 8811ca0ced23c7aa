using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Retrieval.Search;

/// <summary>Reads what is around hits, for a model: small passages match, their parents are read.</summary>
internal sealed class ParentReader(IPassageStore passages)
{
    /// <summary>The hits with their parents; one stays by itself where its document has changed, or somebody changed a passage of its parent.</summary>
    /// <param name="located">The passages of the hits, which were read with the workspace's rights.</param>
    public async Task<IReadOnlyList<SearchHit>> ReadAsync(
        IReadOnlyList<SearchHit> hits, IReadOnlyDictionary<PassageId, LocatedPassage> located, CancellationToken cancellationToken)
    {
        var read = hits.ToArray();
        var wanted = hits.Select((hit, place) => (Place: place, located[hit.PassageId].Passage))
            .Where(item => item.Passage.ParentEnd - item.Passage.ParentStart > item.Passage.End - item.Passage.Start);
        foreach (var document in wanted.GroupBy(item => item.Passage.Document))
        {
            if (await passages.ReadTextAsync(document.Key, cancellationToken) is not { } text)
            {
                continue;
            }

            var changed = await passages.ReadChangedAsync(document.Key, cancellationToken);
            foreach (var (place, passage) in document)
            {
                read[place] = read[place] with { Parent = ParentOf(passage, text, changed) };
            }
        }

        return read;
    }

    /// <summary>The parent of a passage in its document's text; null where it had better be read by itself.</summary>
    internal static ParentPassage? ParentOf(Passage passage, ExtractedText text, IReadOnlyList<Passage> changed)
    {
        var (start, end) = (passage.ParentStart, passage.ParentEnd);
        if (start > passage.Start || passage.End > end || end > text.Text.Length
            || !text.Text.AsSpan(passage.Start, passage.End - passage.Start).SequenceEqual(passage.Text))
        {
            // The document was read anew, and its passages not yet.
            return null;
        }

        var around = text.Text[start..end];
        // What a person took out of searches no model reads, and what one wrote differently it does not read as it was.
        return changed.Any(other => (other.Start < end && start < other.End) || around.Contains(other.Text, StringComparison.Ordinal))
            ? null
            : new(start, end, around, text.PageAt(start), text.PageAt(end - 1));
    }
}
