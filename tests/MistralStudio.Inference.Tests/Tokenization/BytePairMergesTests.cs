using System.Diagnostics;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using MistralStudio.Inference.Tokenization;
using MistralStudio.Tests.Shared;

namespace MistralStudio.Inference.Tests.Tokenization;

public sealed class BytePairMergesTests
{
    private static readonly (int, int, int)[] s_few = [(0, 1, 4), (2, 2, 5), (4, 4, 6), (1, 2, 7), (5, 5, 8), (6, 0, 9), (0, 0, 10), (10, 10, 11)];
    private static readonly Merge[] s_merges = [.. s_few.Select((few, rank) => new Merge(few.Item1, few.Item2, few.Item3, rank))];

    [Property]
    public Property Apply_EqualsTheDefinition_ForPiecesShortAndLong() => Prop.ForAll(
        Gen.Choose(0, 3).ArrayOf().Resize(120).ToArbitrary(),
        symbols =>
        {
            var merged = symbols.ToArray();
            return merged[..new BytePairMerges(s_merges).Apply(merged)].SequenceEqual(Definition(symbols));
        });

    [Fact]
    public void Apply_EqualsTheDefinition_OnBothSidesOfTheScanLimit()
    {
        var random = new Random(7);
        for (var length = 0; length < 80; length++)
        {
            var symbols = Enumerable.Range(0, length).Select(_ => random.Next(4)).ToArray();
            var merged = symbols.ToArray();
            Assert.Equal(Definition(symbols), merged[..new BytePairMerges(s_merges).Apply(merged)]);
        }
    }

    [Fact]
    public void Apply_IsNotQuadratic_OnAWordOfAMillionLetters()
    {
        var symbols = Enumerable.Range(0, 1_000_000).Select(i => i % 3).ToArray();
        var started = Stopwatch.GetTimestamp();
        new BytePairMerges(s_merges).Apply(symbols);
        Unhurried.Ended(started);
    }

    private static List<int> Definition(IEnumerable<int> piece)
    {
        var symbols = piece.ToList();
        while (true)
        {
            var best = (Rank: int.MaxValue, At: 0);
            for (var i = 0; i + 1 < symbols.Count; i++)
            {
                var rank = Array.FindIndex(s_few, merge => (merge.Item1, merge.Item2) == (symbols[i], symbols[i + 1]));
                if (rank >= 0 && rank < best.Rank)
                {
                    best = (rank, i);
                }
            }

            if (best.Rank == int.MaxValue)
            {
                return symbols;
            }

            symbols[best.At] = s_few[best.Rank].Item3;
            symbols.RemoveAt(best.At + 1);
        }
    }
}
