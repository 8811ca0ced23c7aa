using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using MistralStudio.Retrieval.Index;
using MistralStudio.Retrieval.Words;

namespace MistralStudio.Retrieval.Tests.Words;

public sealed class WordIndexTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("words-").FullName;

    /// <summary>Rows come and go at random; what is found is what a plain sum over the rows that are left finds.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Find_IsAPlainSum_WhateverCameAndWent(int seed)
    {
        var random = new Random(seed);
        var file = IndexFile.Open(Path.Combine(_folder, $"{seed}.db"), NullLogger.Instance);
        using var connection = file.ConnectToWrite();
        var there = new SortedDictionary<long, WeightedTerm[]>();
        var next = 1L;
        for (var step = 0; step < 30; step++)
        {
            using var transaction = connection.BeginTransaction();
            var added = Enumerable.Range(0, random.Next(1, 200)).Select(_ => (Row: next += random.Next(1, step == 7 ? 5_000_000 : 300), Terms: Draw(random))).ToList();
            WordIndex.Add(connection, transaction, 1, added);
            WordIndex.Add(connection, transaction, 2, [(next, Draw(random))]);
            added.ForEach(item => there.Add(item.Row, item.Terms));
            var removed = there.Keys.Where(_ => random.Next(4) == 0).ToList();
            WordIndex.Remove(connection, transaction, 1, [.. removed.Select(row => (row, there[row]))]);
            removed.ForEach(row => there.Remove(row));
            transaction.Commit();
        }

        var terms = Enumerable.Range(0, 12).Select(_ => random.Next(40)).Distinct().ToDictionary(term => term, _ => (float)random.Next(1, 3));
        var allowed = random.Next(2) == 0 ? null : new RowSet([.. there.Keys.Where(row => row % 3 == 0)]);
        var expected = there.Where(item => allowed is null || allowed.Contains(item.Key)).Select(item => (Row: item.Key, Score: item.Value.Sum(term =>
                terms.TryGetValue(term.Term, out var times)
                    ? times * term.Weight * TermWeights.Step * Rarity.Of(there.Count, there.Values.Count(row => row.Any(other => other.Term == term.Term)))
                    : 0)))
            .Where(item => item.Score > 0).OrderByDescending(item => item.Score).Take(25).ToList();

        var found = WordIndex.Find(connection, [1], there.Count, terms, allowed, 25);

        Assert.Equal(expected.Select(item => item.Score), found.Select(item => (double)item.Score), (a, b) => Math.Abs(a - b) < 1e-4);
        Assert.True(expected.Select(item => item.Row).Intersect(found.Select(item => item.Row)).Count() >= 23);
    }

    [Fact]
    public void Block_ReadsWhatWasWritten()
    {
        Posting[] postings = [new(5, 1), new(6, 65535), new(5_000_000_000, 7), new(5_000_000_001, 300)];

        Assert.Equal(postings, PostingBlock.Read(5, PostingBlock.Write(5, postings)));
    }

    public void Dispose()
    {
        SqliteConnection.ClearAllPools();
        Directory.Delete(_folder, recursive: true);
    }

    private static WeightedTerm[] Draw(Random random) =>
        [.. Enumerable.Range(0, 40).Where(term => random.Next(term + 2) == 0).Select(term => new WeightedTerm(term, (ushort)random.Next(1, 60_000)))];
}
