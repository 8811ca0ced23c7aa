using MistralStudio.Core.Knowledge;

namespace MistralStudio.Agents.Turns;

/// <summary>
/// What a model reads of the passages that it is given: the parent of each, best first, as far as there is room, and parents of one document
/// that overlap as one text. A passage whose parent has no room is read by itself: no passage is lost for another's surroundings.
/// </summary>
internal static class Readings
{
    /// <summary>Chooses what is read; <see cref="SearchHit.Parent"/> of what it returns is that, null for the passage itself.</summary>
    /// <param name="given">Passages for which there is room, best first, with the parents that they have.</param>
    /// <param name="left">Tokens beside them that are free; null: as many as it takes.</param>
    /// <param name="count">Tokens of a passage as it is read.</param>
    public static IReadOnlyList<SearchHit> Choose(IReadOnlyList<SearchHit> given, int? left, Func<SearchHit, int> count)
    {
        SearchHit[] read = [.. given.Select(hit => hit with { Parent = null })];
        foreach (var hit in given.Where(hit => hit.Parent is not null))
        {
            var whole = Joined(hit, read);
            var within = Enumerable.Range(0, read.Length).Where(i => read[i].DocumentId == hit.DocumentId && whole.Holds(read[i])).ToList();
            if (within.Count == 0 || within.TrueForAll(i => read[i].Parent == whole))
            {
                continue;
            }

            if (left is { } room)
            {
                var more = count(read[within[0]] with { Parent = whole }) - Distinct([.. within.Select(i => read[i])]).Sum(count);
                if (more > room)
                {
                    continue;
                }

                left = room - more;
            }

            within.ForEach(i => read[i] = read[i] with { Parent = whole });
        }

        return read;
    }

    /// <summary>The first hit of each text, in order.</summary>
    public static IReadOnlyList<SearchHit> Distinct(IReadOnlyList<SearchHit> read) => [.. read.DistinctBy(hit => hit.Reading)];

    /// <summary>A hit's parent with everything of its document that is read already and overlaps it.</summary>
    private static ParentPassage Joined(SearchHit hit, IReadOnlyList<SearchHit> read)
    {
        var whole = hit.Parent!;
        var others = read.Where(other => other.DocumentId == hit.DocumentId && other.Parent is not null).Select(other => other.Parent!).Distinct().ToList();
        while (others.Find(whole.Overlaps) is { } other)
        {
            whole = whole.With(other);
            others.Remove(other);
        }

        return whole;
    }
}
