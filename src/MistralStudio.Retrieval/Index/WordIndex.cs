using System.Buffers;
using System.Runtime.InteropServices;
using Microsoft.Data.Sqlite;
using MistralStudio.Retrieval.Words;

namespace MistralStudio.Retrieval.Index;

/// <summary>
/// Which passages have which terms, in the index file: blocks of postings by base and term. All postings of a question's terms are added up
/// (a hundred thousand in a quarter of a millisecond), so the ranking is exact and frequent words need no exception.
/// </summary>
internal static class WordIndex
{
    // Above this many rows that no passage of the base has, sums are kept by row number instead of by place.
    private const long MostGaps = 8 << 20;

    private readonly record struct Block(float Value, long First, long Last, int From, int Length);

    /// <summary>Files the terms of new rows, whose numbers are above all that the base has.</summary>
    public static void Add(SqliteConnection connection, SqliteTransaction transaction, long parent, IReadOnlyList<(long Row, WeightedTerm[] Terms)> rows)
    {
        using var last = Command(
            connection, transaction, "SELECT first, data FROM postings WHERE base = $base AND term = $term ORDER BY first DESC LIMIT 1;", parent);
        using var write = Command(connection, transaction, "INSERT OR REPLACE INTO postings VALUES ($base, $term, $first, $last, $count, $data);", parent);
        foreach (var (term, added) in ByTerm(rows))
        {
            last.Parameters["$term"].Value = term;
            var postings = new List<Posting>();
            using (var reader = last.ExecuteReader())
            {
                if (reader.Read() && PostingBlock.Read(reader.GetInt64(0), (byte[])reader[1]) is { Count: < PostingBlock.Capacity } open)
                {
                    postings = open;
                }
            }

            postings.AddRange(added);
            foreach (var block in Enumerable.Chunk(postings, PostingBlock.Capacity))
            {
                Write(write, term, block);
            }
        }
    }

    /// <summary>Takes the terms of rows out again.</summary>
    public static void Remove(SqliteConnection connection, SqliteTransaction transaction, long parent, IReadOnlyList<(long Row, WeightedTerm[] Terms)> rows)
    {
        using var find = Command(
            connection, transaction,
            "SELECT first, data FROM postings WHERE base = $base AND term = $term AND first <= $first ORDER BY first DESC LIMIT 1;", parent);
        using var delete = Command(connection, transaction, "DELETE FROM postings WHERE base = $base AND term = $term AND first = $first;", parent);
        using var write = Command(connection, transaction, "INSERT OR REPLACE INTO postings VALUES ($base, $term, $first, $last, $count, $data);", parent);
        foreach (var (term, removed) in ByTerm(rows))
        {
            var gone = removed.Select(posting => posting.Row).ToHashSet();
            foreach (var posting in removed)
            {
                if (!gone.Contains(posting.Row))
                {
                    continue;
                }

                find.Parameters["$term"].Value = term;
                find.Parameters["$first"].Value = posting.Row;
                long first;
                List<Posting> postings;
                using (var reader = find.ExecuteReader())
                {
                    if (!reader.Read())
                    {
                        continue;
                    }

                    first = reader.GetInt64(0);
                    postings = PostingBlock.Read(first, (byte[])reader[1]);
                }

                // All of the block at once, and none of it again.
                var kept = postings.Where(item => !gone.Contains(item.Row)).ToArray();
                gone.ExceptWith(postings.Select(item => item.Row));
                delete.Parameters["$term"].Value = term;
                delete.Parameters["$first"].Value = first;
                delete.ExecuteNonQuery();
                if (kept.Length > 0)
                {
                    Write(write, term, kept);
                }
            }
        }
    }

    /// <summary>Rows by BM25, best first, ties by row; scores above 0.</summary>
    /// <param name="parents">Numbers of bases.</param>
    /// <param name="passages">Passages of them all.</param>
    /// <param name="terms">Terms with how often the question says them.</param>
    /// <param name="allowed">Rows that may be found; null: all.</param>
    public static IReadOnlyList<(long Row, float Score)> Find(
        SqliteConnection connection, IReadOnlyList<long> parents, long passages, IReadOnlyDictionary<int, float> terms, RowSet? allowed, int limit)
    {
        var data = ArrayPool<byte>.Shared.Rent(1 << 16);
        try
        {
            var blocks = Read(connection, parents, passages, terms, ref data);
            if (blocks.Count == 0)
            {
                return [];
            }

            var (origin, end) = (blocks.Min(block => block.First), blocks.Max(block => block.Last));
            var top = new TopRows(limit);
            if (end - origin > MostGaps + (4 * passages))
            {
                AddUpByRow(blocks, data, allowed, top);
            }
            else
            {
                AddUp(blocks, data, origin, (int)(end - origin + 1), allowed, top);
            }

            return [.. top.Items.OrderByDescending(item => item.Score).ThenBy(item => item.Row)];
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(data);
        }
    }

    /// <summary>The rarity of each term that some passage has.</summary>
    public static Dictionary<int, double> Rarities(SqliteConnection connection, IReadOnlyList<long> parents, long passages, IEnumerable<int> terms)
    {
        using var count = connection.CreateCommand();
        count.CommandText = "SELECT sum(count) FROM postings WHERE base = $base AND term = $term;";
        var (parent, number) = (count.Parameters.Add("$base", SqliteType.Integer), count.Parameters.Add("$term", SqliteType.Integer));
        var rarities = new Dictionary<int, double>();
        foreach (var term in terms)
        {
            long having = 0;
            foreach (var item in parents)
            {
                (parent.Value, number.Value) = (item, term);
                having += count.ExecuteScalar() is long some ? some : 0;
            }

            if (having > 0)
            {
                rarities[term] = Rarity.Of(passages, having);
            }
        }

        return rarities;
    }

    private static List<Block> Read(
        SqliteConnection connection, IReadOnlyList<long> parents, long passages, IReadOnlyDictionary<int, float> terms, ref byte[] data)
    {
        var blocks = new List<Block>();
        var used = 0;
        using var select = connection.CreateCommand();
        select.CommandText = "SELECT first, last, count, data FROM postings WHERE base = $base AND term = $term;";
        var (parent, number) = (select.Parameters.Add("$base", SqliteType.Integer), select.Parameters.Add("$term", SqliteType.Integer));
        foreach (var (term, times) in terms)
        {
            var (begin, having) = (blocks.Count, 0L);
            foreach (var item in parents)
            {
                (parent.Value, number.Value) = (item, term);
                using var reader = select.ExecuteReader();
                while (reader.Read())
                {
                    having += reader.GetInt64(2);
                    var bytes = SQLitePCL.raw.sqlite3_column_blob(reader.Handle, 3);
                    if (used + bytes.Length > data.Length)
                    {
                        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(data.Length * 2, used + bytes.Length));
                        data.AsSpan(0, used).CopyTo(larger);
                        ArrayPool<byte>.Shared.Return(data);
                        data = larger;
                    }

                    bytes.CopyTo(data.AsSpan(used));
                    blocks.Add(new(0, reader.GetInt64(0), reader.GetInt64(1), used, bytes.Length));
                    used += bytes.Length;
                }
            }

            var value = (float)(Rarity.Of(passages, having) * times);
            foreach (ref var block in CollectionsMarshal.AsSpan(blocks)[begin..])
            {
                block = block with { Value = value };
            }
        }

        return blocks;
    }

    private static void AddUp(List<Block> blocks, byte[] data, long origin, int span, RowSet? allowed, TopRows top)
    {
        var pooled = ArrayPool<float>.Shared.Rent(span);
        var scores = pooled.AsSpan(0, span);
        scores.Clear();
        foreach (var block in blocks)
        {
            PostingBlock.Add(block.First, data.AsSpan(block.From, block.Length), block.Value, origin, scores);
        }

        var threshold = 0f;
        for (var i = 0; i < scores.Length; i++)
        {
            if (scores[i] > threshold && (allowed is null || allowed.Contains(origin + i)))
            {
                top.Add(origin + i, scores[i]);
                threshold = Math.Max(0, top.Threshold);
            }
        }

        ArrayPool<float>.Shared.Return(pooled);
    }

    private static void AddUpByRow(List<Block> blocks, byte[] data, RowSet? allowed, TopRows top)
    {
        var scores = new Dictionary<long, float>();
        foreach (var block in blocks)
        {
            foreach (var posting in PostingBlock.Read(block.First, data.AsSpan(block.From, block.Length)))
            {
                CollectionsMarshal.GetValueRefOrAddDefault(scores, posting.Row, out _) += block.Value * TermWeights.Step * posting.Weight;
            }
        }

        foreach (var (row, score) in scores.Where(item => allowed is null || allowed.Contains(item.Key)).OrderBy(item => item.Key))
        {
            top.Add(row, score);
        }
    }

    private static Dictionary<int, List<Posting>> ByTerm(IReadOnlyList<(long Row, WeightedTerm[] Terms)> rows)
    {
        var terms = new Dictionary<int, List<Posting>>();
        foreach (var (row, weighted) in rows.OrderBy(item => item.Row))
        {
            foreach (var (term, weight) in weighted)
            {
                (CollectionsMarshal.GetValueRefOrAddDefault(terms, term, out _) ??= []).Add(new(row, weight));
            }
        }

        return terms;
    }

    private static void Write(SqliteCommand write, int term, Posting[] postings)
    {
        write.Parameters["$term"].Value = term;
        write.Parameters["$first"].Value = postings[0].Row;
        write.Parameters["$last"].Value = postings[^1].Row;
        write.Parameters["$count"].Value = postings.Length;
        write.Parameters["$data"].Value = PostingBlock.Write(postings[0].Row, postings);
        write.ExecuteNonQuery();
    }

    private static SqliteCommand Command(SqliteConnection connection, SqliteTransaction transaction, string sql, long parent)
    {
        var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = sql;
        command.Parameters.AddWithValue("$base", parent);
        foreach (var name in (ReadOnlySpan<string>)["$term", "$first", "$last", "$count"])
        {
            if (sql.Contains(name, StringComparison.Ordinal))
            {
                command.Parameters.Add(name, SqliteType.Integer);
            }
        }

        if (sql.Contains("$data", StringComparison.Ordinal))
        {
            command.Parameters.Add("$data", SqliteType.Blob);
        }

        return command;
    }
}
