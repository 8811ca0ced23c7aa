using System.Globalization;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Microsoft.Data.Sqlite;
using MistralStudio.Core.Ids;
using MistralStudio.Retrieval.Index;

namespace MistralStudio.Retrieval.Search;

/// <summary>The two ways to find rows of the index: by meaning and by words.</summary>
internal sealed class SearchLegs(IndexFile file, ResidentVectors resident)
{
    // Bytes order neighbours a little differently; so many more are scored again by their full vectors.
    private const int Rescored = 40;

    // Title twice, section half as much again as the text.
    private const string Weights = "2.0, 1.5, 1.0";

    /// <summary>Rows by cosine, best first: an exact scan over bytes, then the best by their full vectors.</summary>
    public IReadOnlyList<Scored> Dense(IReadOnlyList<KnowledgeBaseId> bases, ReadOnlySpan<float> query, int limit)
    {
        var top = new TopRows(limit + Rescored);
        foreach (var parent in bases)
        {
            if (resident.Get(parent) is { } segment && segment.Dimensions == query.Length)
            {
                top.Add(segment.Scan(query, limit + Rescored));
            }
        }

        var norm = TensorPrimitives.Norm(query);
        var found = new List<Scored>();
        using var connection = file.Connect();
        using var transaction = connection.BeginTransaction(deferred: true);
        using var select = connection.CreateCommand();
        select.Transaction = transaction;
        select.CommandText = "SELECT vector FROM passages WHERE row = $row;";
        var number = select.Parameters.Add("$row", SqliteType.Integer);
        select.Prepare();
        foreach (var (row, _) in top.Items)
        {
            number.Value = row;
            if (select.ExecuteScalar() is byte[] bytes)
            {
                var vector = MemoryMarshal.Cast<byte, float>(bytes);
                var length = norm * TensorPrimitives.Norm(vector);
                found.Add(new(row, length == 0 ? 0 : TensorPrimitives.Dot(query, vector) / length));
            }
        }

        return [.. found.OrderByDescending(item => item.Score).ThenBy(item => item.Row).Take(limit)];
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
        select.CommandText = $"""
            SELECT passages.row, -bm25(words, {Weights}) AS score FROM words CROSS JOIN passages ON passages.row = words.rowid
            WHERE words MATCH $match AND passages.base IN ({string.Join(", ", names)}) ORDER BY score DESC, passages.row LIMIT $limit;
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
}
