using System.Text;

namespace MistralStudio.Core.Schemas.Text;

/// <summary>All characters cut into classes that some sets cannot tell apart: the alphabet of an automaton.</summary>
internal sealed class CharPartition
{
    private readonly int[] _starts;
    private readonly int[] _classes;

    private CharPartition(int[] starts, int[] classes, int count)
    {
        _starts = starts;
        _classes = classes;
        Count = count;
    }

    /// <summary>Number of classes.</summary>
    public int Count { get; }

    /// <summary>The partition that all these sets respect.</summary>
    public static CharPartition Of(IReadOnlyList<CharSet> sets)
    {
        var cuts = new SortedSet<int> { 0, 0xD800, 0xE000 };
        foreach (var (low, high) in sets.SelectMany(set => set.Ranges))
        {
            cuts.Add(low);
            if (high < CharSet.Last)
            {
                cuts.Add(high + 1);
            }
        }

        int[] starts = [.. cuts];
        var inside = new StringBuilder[starts.Length];
        for (var i = 0; i < starts.Length; i++)
        {
            inside[i] = new StringBuilder();
        }

        // Ranges that are in the same sets are one class: "\p{L}" has 650 ranges and two classes.
        for (var set = 0; set < sets.Count; set++)
        {
            foreach (var (low, high) in sets[set].Ranges)
            {
                for (var i = Array.BinarySearch(starts, low); i < starts.Length && starts[i] <= high; i++)
                {
                    inside[i].Append((char)set);
                }
            }
        }

        var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
        var classes = new int[starts.Length];
        for (var i = 0; i < starts.Length; i++)
        {
            var key = starts[i] == 0xD800 ? "surrogates" : inside[i].ToString();
            classes[i] = numbers.TryGetValue(key, out var number) ? number : numbers[key] = numbers.Count;
        }

        return new CharPartition(starts, classes, numbers.Count);
    }

    /// <summary>The common refinement of two partitions, with the class of each that a class of it lies in.</summary>
    public static (CharPartition Both, int[] First, int[] Second) Refine(CharPartition first, CharPartition second)
    {
        int[] starts = [.. new SortedSet<int>(first._starts.Concat(second._starts))];
        var numbers = new Dictionary<(int, int), int>();
        var classes = new int[starts.Length];
        for (var i = 0; i < starts.Length; i++)
        {
            var key = (first.ClassOf(starts[i]), second.ClassOf(starts[i]));
            classes[i] = numbers.TryGetValue(key, out var number) ? number : numbers[key] = numbers.Count;
        }

        var both = new CharPartition(starts, classes, numbers.Count);
        var pairs = numbers.OrderBy(pair => pair.Value).Select(pair => pair.Key).ToList();
        return (both, [.. pairs.Select(pair => pair.Item1)], [.. pairs.Select(pair => pair.Item2)]);
    }

    public int ClassOf(int rune)
    {
        var at = Array.BinarySearch(_starts, rune);
        return _classes[at >= 0 ? at : ~at - 1];
    }

    /// <summary>The classes of a range that the partition respects.</summary>
    public IEnumerable<int> ClassesOf(int low, int high)
    {
        for (var i = Array.BinarySearch(_starts, low); i < _starts.Length && _starts[i] <= high; i++)
        {
            yield return _classes[i];
        }
    }

    /// <summary>The characters of every class.</summary>
    public CharSet[] Sets()
    {
        var ranges = new List<(int, int)>[Count];
        for (var i = 0; i < _starts.Length; i++)
        {
            (ranges[_classes[i]] ??= []).Add((_starts[i], i + 1 < _starts.Length ? _starts[i + 1] - 1 : CharSet.Last));
        }

        return [.. ranges.Select(list => CharSet.Of([.. list]))];
    }
}
