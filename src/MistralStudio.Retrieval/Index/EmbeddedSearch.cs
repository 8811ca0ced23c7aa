using System.Diagnostics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using MistralStudio.Core.Ids;
using MistralStudio.Retrieval.Words;
using SQLitePCL;

namespace MistralStudio.Retrieval.Index;

/// <summary>The two ways to find passages in the index file: by meaning and by words.</summary>
internal sealed class EmbeddedSearch(IndexFile file, ResidentVectors resident)
{
    // Bytes order neighbours a little differently; so many more are scored again by their full vectors, and more where that is not enough.
    private const int Rescored = 40;
    private const int MostRescored = Rescored * 64;

    // How far an error that was not seen may be above the largest that was.
    private const double Doubt = 1.5;

    /// <summary>Runs the legs that the query asks for.</summary>
    public LegResults Find(LegQuery query)
    {
        using var connection = file.Connect();
        var allowed = query.Filter.IsNone ? null : FilterSql.Rows(connection, query.Bases, query.Filter);
        IReadOnlyList<Scored> dense = [], lexical = [];
        double denseMs = 0, lexicalMs = 0;
        if (query.Vector is { } vector)
        {
            var step = Stopwatch.GetTimestamp();
            dense = Dense(connection, query.Bases, vector.Span, query.Depth, null, allowed);
            denseMs = Stopwatch.GetElapsedTime(step).TotalMilliseconds;
        }

        var languages = Languages(connection, query.Bases);
        Dictionary<int, float> terms = [];
        if (query.Words is { } words)
        {
            var step = Stopwatch.GetTimestamp();
            terms = TermWeights.OfQuestion(words, languages);
            lexical = Lexical(connection, query.Bases, terms, query.Depth, allowed);
            lexicalMs = Stopwatch.GetElapsedTime(step).TotalMilliseconds;
        }

        var explained = query.Explain.Count == 0 ? [] : Explain(connection, query, terms, allowed);
        return new(dense, lexical, denseMs, lexicalMs, allowed?.Count, languages, explained)
        {
            OtherVectors = query.Vector is { Length: var length } ? [.. query.Bases.Where(parent => resident.Get(parent) is { } segment && segment.Dimensions != length)] : [],
        };
    }

    /// <summary>
    /// Passages by cosine, best first: an exact scan over bytes, then the best by their full vectors. Where neighbours are nearer to each other
    /// than bytes can tell (copies of one text), more of them are scored again, until none that was left out could belong to the best.
    /// </summary>
    /// <param name="threads">Threads at most, as the scan of a segment has it.</param>
    public IReadOnlyList<Scored> Dense(IReadOnlyList<KnowledgeBaseId> bases, ReadOnlySpan<float> query, int limit, int? threads = null)
    {
        using var connection = file.Connect();
        return Dense(connection, bases, query, limit, threads, null);
    }

    /// <summary>Passages by BM25 over title, section and text, best first; scores above 0.</summary>
    public IReadOnlyList<Scored> Lexical(IReadOnlyList<KnowledgeBaseId> bases, string question, int limit)
    {
        using var connection = file.Connect();
        return Lexical(connection, bases, TermWeights.OfQuestion(question, Languages(connection, bases)), limit, null);
    }

    /// <summary>Vectors of passages of the bases.</summary>
    public Dictionary<PassageId, ReadOnlyMemory<float>> Vectors(IReadOnlyList<KnowledgeBaseId> bases, IReadOnlyList<PassageId> passages)
    {
        var vectors = new Dictionary<PassageId, ReadOnlyMemory<float>>(passages.Count);
        using var connection = file.Connect();
        using var select = connection.CreateCommand();
        select.CommandText = "SELECT base, vector FROM passages WHERE passage = $passage;";
        var passage = select.Parameters.Add("$passage", SqliteType.Blob);
        foreach (var id in passages)
        {
            passage.Value = EmbeddedIndex.Bytes(id.Value);
            using var reader = select.ExecuteReader();
            if (reader.Read() && bases.Contains(new(EmbeddedIndex.ReadGuid(reader, 0))))
            {
                vectors[id] = MemoryMarshal.Cast<byte, float>((byte[])reader[1]).ToArray();
            }
        }

        return vectors;
    }

    private List<Scored> Dense(
        SqliteConnection connection, IReadOnlyList<KnowledgeBaseId> bases, ReadOnlySpan<float> query, int limit, int? threads, RowSet? allowed)
    {
        for (var reserve = Rescored; ; reserve *= 4)
        {
            var top = new TopRows(limit + reserve);
            foreach (var parent in bases)
            {
                if (resident.Get(parent) is { } segment && segment.Dimensions == query.Length)
                {
                    top.Add(segment.Scan(query, limit + reserve, threads, allowed));
                }
            }

            var (found, error) = Rescore(connection, top, query);
            var isSettled = !top.IsFull || found.Count < limit || found[limit - 1].Item.Score > top.Threshold + (error * Doubt);
            if (isSettled || reserve >= MostRescored)
            {
                return [.. found.Take(limit).Select(item => item.Item)];
            }
        }
    }

    private static List<Scored> Lexical(
        SqliteConnection connection, IReadOnlyList<KnowledgeBaseId> bases, Dictionary<int, float> terms, int limit, RowSet? allowed)
    {
        if (terms.Count == 0)
        {
            return [];
        }

        var (numbers, passages) = Numbers(connection, bases);
        var found = WordIndex.Find(connection, numbers, passages, terms, allowed, limit);
        var ids = new Dictionary<long, PassageId>(found.Count);
        using var select = connection.CreateCommand();
        select.CommandText = "SELECT row, passage FROM json_each($rows) CROSS JOIN passages ON row = value;";
        select.Parameters.AddWithValue("$rows", JsonSerializer.Serialize(found.Select(item => item.Row)));
        using var reader = select.ExecuteReader();
        while (reader.Read())
        {
            ids[reader.GetInt64(0)] = new(EmbeddedIndex.ReadGuid(reader, 1));
        }

        return [.. found.Where(item => ids.ContainsKey(item.Row)).Select(item => new Scored(ids[item.Row], item.Score))];
    }

    /// <summary>Passages by their full vectors, best first, and the largest error of the scan's scores among them.</summary>
    private static (List<(Scored Item, long Row)> Found, double Error) Rescore(SqliteConnection connection, TopRows top, ReadOnlySpan<float> query)
    {
        var norm = TensorPrimitives.Norm(query);
        var estimates = top.Items.ToDictionary(item => item.Row, item => item.Score);
        var found = new List<(Scored Item, long Row)>(estimates.Count);
        var error = 0.0;
        using var select = connection.CreateCommand();
        select.CommandText = "SELECT row, vector, passage FROM json_each($rows) CROSS JOIN passages ON row = value;";
        select.Parameters.AddWithValue("$rows", JsonSerializer.Serialize(estimates.Keys));
        using var reader = select.ExecuteReader();
        while (reader.Read())
        {
            // The bytes where SQLite has them: a copy of each would be most of what a search allocates.
            var score = Cosine(query, norm, raw.sqlite3_column_blob(reader.Handle, 1));
            var row = reader.GetInt64(0);
            found.Add((new(new(new Guid(raw.sqlite3_column_blob(reader.Handle, 2), bigEndian: true)), score), row));
            error = Math.Max(error, Math.Abs(score - estimates[row]));
        }

        found.Sort((a, b) => a.Item.Score == b.Item.Score ? a.Row.CompareTo(b.Row) : b.Item.Score.CompareTo(a.Item.Score));
        return (found, error);
    }

    private static double Cosine(ReadOnlySpan<float> query, float norm, ReadOnlySpan<byte> bytes)
    {
        var vector = MemoryMarshal.Cast<byte, float>(bytes);
        var length = norm * TensorPrimitives.Norm(vector);
        return length == 0 || vector.Length != query.Length ? 0 : TensorPrimitives.Dot(query, vector) / length;
    }

    /// <summary>The scores of single passages of the bases.</summary>
    private static Dictionary<PassageId, LegScores> Explain(SqliteConnection connection, LegQuery query, Dictionary<int, float> terms, RowSet? allowed)
    {
        var (numbers, passages) = Numbers(connection, query.Bases);
        var rarities = WordIndex.Rarities(connection, numbers, passages, terms.Keys);
        var scores = new Dictionary<PassageId, LegScores>();
        using var select = connection.CreateCommand();
        select.CommandText = "SELECT row, base, vector, terms FROM passages WHERE passage = $passage;";
        var passage = select.Parameters.Add("$passage", SqliteType.Blob);
        foreach (var id in query.Explain)
        {
            passage.Value = EmbeddedIndex.Bytes(id.Value);
            using var reader = select.ExecuteReader();
            if (!reader.Read() || !query.Bases.Contains(new(EmbeddedIndex.ReadGuid(reader, 1))))
            {
                continue;
            }

            var lexical = 0.0;
            foreach (var (term, weight) in MemoryMarshal.Cast<byte, WeightedTerm>((byte[])reader[3]))
            {
                lexical += terms.TryGetValue(term, out var times) ? times * rarities[term] * weight * TermWeights.Step : 0;
            }

            var dense = query.Vector is { } vector ? Cosine(vector.Span, TensorPrimitives.Norm(vector.Span), (byte[])reader[2]) : (double?)null;
            scores[id] = new(allowed is null || allowed.Contains(reader.GetInt64(0)), dense, lexical > 0 ? lexical : null);
        }

        return scores;
    }

    private static (List<long> Numbers, long Passages) Numbers(SqliteConnection connection, IReadOnlyList<KnowledgeBaseId> bases)
    {
        var (numbers, passages) = (new List<long>(), 0L);
        using var select = connection.CreateCommand();
        select.CommandText = "SELECT number, passages FROM bases WHERE base = $base;";
        var parent = select.Parameters.Add("$base", SqliteType.Blob);
        foreach (var id in bases)
        {
            parent.Value = EmbeddedIndex.Bytes(id.Value);
            using var reader = select.ExecuteReader();
            if (reader.Read())
            {
                numbers.Add(reader.GetInt64(0));
                passages += reader.GetInt64(1);
            }
        }

        return (numbers, passages);
    }

    private static HashSet<Language> Languages(SqliteConnection connection, IReadOnlyList<KnowledgeBaseId> bases)
    {
        var languages = new HashSet<Language>();
        using var select = connection.CreateCommand();
        // One look at the index for each language that is there, however many documents are in it.
        select.CommandText = """
            WITH RECURSIVE spoken (last) AS (
              SELECT min(language) FROM documents WHERE base = $base
              UNION ALL
              SELECT (SELECT min(language) FROM documents WHERE base = $base AND language > spoken.last) FROM spoken WHERE spoken.last IS NOT NULL)
            SELECT last FROM spoken WHERE last IS NOT NULL;
            """;
        var parent = select.Parameters.Add("$base", SqliteType.Blob);
        foreach (var id in bases)
        {
            parent.Value = EmbeddedIndex.Bytes(id.Value);
            using var reader = select.ExecuteReader();
            while (reader.Read())
            {
                languages.Add(Enum.Parse<Language>(reader.GetString(0)));
            }
        }

        return languages;
    }
}
