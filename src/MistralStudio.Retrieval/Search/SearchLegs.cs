using System.Globalization;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using MistralStudio.Core.Ids;
using MistralStudio.Retrieval.Index;
using SQLitePCL;

namespace MistralStudio.Retrieval.Search;

/// <summary>The two ways to find rows of the index: by meaning and by words.</summary>
internal sealed class SearchLegs(IndexFile file, ResidentVectors resident)
{
    // Bytes order neighbours a little differently; so many more are scored again by their full vectors, and more where that is not enough.
    private const int Rescored = 40;
    private const int MostRescored = Rescored * 64;

    // How far an error that was not seen may be above the largest that was.
    private const double Doubt = 1.5;

    // Title twice, section half as much again as the text.
    private const string Weights = "2.0, 1.5, 1.0";

    /// <summary>
    /// Rows by cosine, best first: an exact scan over bytes, then the best by their full vectors. Where neighbours are nearer to each other
    /// than bytes can tell (copies of one text), more of them are scored again, until none that was left out could belong to the best.
    /// </summary>
    /// <param name="threads">Threads at most, as the scan of a segment has it.</param>
    public IReadOnlyList<Scored> Dense(IReadOnlyList<KnowledgeBaseId> bases, ReadOnlySpan<float> query, int limit, int? threads = null)
    {
        using var connection = file.Connect();
        for (var reserve = Rescored; ; reserve *= 4)
        {
            var top = new TopRows(limit + reserve);
            foreach (var parent in bases)
            {
                if (resident.Get(parent) is { } segment && segment.Dimensions == query.Length)
                {
                    top.Add(segment.Scan(query, limit + reserve, threads));
                }
            }

            var (found, error) = Rescore(connection, top, query);
            var isSettled = !top.IsFull || found.Count < limit || found[limit - 1].Score > top.Threshold + (error * Doubt);
            if (isSettled || reserve >= MostRescored)
            {
                return found.Count > limit ? found[..limit] : found;
            }
        }
    }

    /// <summary>Rows by BM25 over title, section and text, best first; scores above 0.</summary>
    public IReadOnlyList<Scored> Lexical(IReadOnlyList<KnowledgeBaseId> bases, string question, int limit)
    {
        if (LexicalText.ForQuery(question) is not { } match)
        {
            return [];
        }

        using var connection = file.Connect();
        using var select = connection.CreateCommand();
        var names = bases.Select((_, i) => string.Create(CultureInfo.InvariantCulture, $"$b{i}")).ToList();
        // The index on bases holds all that the filter needs; the rows themselves are mostly vectors, and reading them took half of the time.
        select.CommandText = $"""
            SELECT rowid, -bm25(words, {Weights}) AS score FROM words
            WHERE words MATCH $match
              AND EXISTS (SELECT 1 FROM passages INDEXED BY passages_base WHERE base IN ({string.Join(", ", names)}) AND row = words.rowid)
            ORDER BY score DESC, rowid LIMIT $limit;
            """;
        select.Parameters.AddWithValue("$match", match);
        select.Parameters.AddWithValue("$limit", limit);
        for (var i = 0; i < names.Count; i++)
        {
            select.Parameters.AddWithValue(names[i], PassageIndex.Bytes(bases[i].Value));
        }

        var found = new List<Scored>();
        using var reader = select.ExecuteReader();
        while (reader.Read())
        {
            found.Add(new(reader.GetInt64(0), reader.GetDouble(1)));
        }

        return found;
    }

    /// <summary>The passages of rows; a row that went meanwhile is left out.</summary>
    public Dictionary<long, PassageId> Passages(IEnumerable<long> rows)
    {
        var passages = new Dictionary<long, PassageId>();
        using var connection = file.Connect();
        using var select = connection.CreateCommand();
        select.CommandText = "SELECT passage FROM passages WHERE row = $row;";
        var number = select.Parameters.Add("$row", SqliteType.Integer);
        foreach (var row in rows)
        {
            number.Value = row;
            if (select.ExecuteScalar() is byte[] id)
            {
                passages[row] = new(new Guid(id, bigEndian: true));
            }
        }

        return passages;
    }

    /// <summary>Rows by their full vectors, best first, and the largest error of the scan's scores among them.</summary>
    private static (List<Scored> Found, double Error) Rescore(SqliteConnection connection, TopRows top, ReadOnlySpan<float> query)
    {
        var norm = TensorPrimitives.Norm(query);
        var estimates = top.Items.ToDictionary(item => item.Row, item => item.Score);
        var found = new List<Scored>(estimates.Count);
        var error = 0.0;
        using var select = connection.CreateCommand();
        select.CommandText = "SELECT row, vector FROM json_each($rows) CROSS JOIN passages ON row = value;";
        select.Parameters.AddWithValue("$rows", JsonSerializer.Serialize(estimates.Keys));
        using var reader = select.ExecuteReader();
        while (reader.Read())
        {
            // The bytes where SQLite has them: a copy of each would be most of what a search allocates.
            var vector = MemoryMarshal.Cast<byte, float>(raw.sqlite3_column_blob(reader.Handle, 1));
            var length = norm * TensorPrimitives.Norm(vector);
            var score = length == 0 ? 0 : TensorPrimitives.Dot(query, vector) / length;
            var row = reader.GetInt64(0);
            found.Add(new(row, score));
            error = Math.Max(error, Math.Abs(score - estimates[row]));
        }

        found.Sort((a, b) => a.Score == b.Score ? a.Row.CompareTo(b.Row) : b.Score.CompareTo(a.Score));
        return (found, error);
    }
}
