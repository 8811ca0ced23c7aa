using System.Runtime.InteropServices;
using Microsoft.Data.Sqlite;
using MistralStudio.Core;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Retrieval.Words;

namespace MistralStudio.Retrieval.Index;

/// <summary>
/// Writes the index: vectors are staged while a document is embedded; one transaction then shows all of its passages, and hides those that
/// it no longer has. Writers go one at a time.
/// </summary>
internal sealed class EmbeddedIndex(IndexFile file, ResidentVectors resident, EmbeddedSearch search) : IIndexStore, IDisposable
{
    private readonly SemaphoreSlim _writer = new(1, 1);

    // A document that is being deleted must not come back by an ingestion that is at its last step.
    private readonly HashSet<DocumentId> _deleted = [];

    /// <inheritdoc/>
    public Task<Result<LegResults>> FindAsync(LegQuery query, CancellationToken cancellationToken) =>
        Task.FromResult<Result<LegResults>>(search.Find(query));

    /// <inheritdoc/>
    public Task<IReadOnlyDictionary<PassageId, ReadOnlyMemory<float>>> VectorsAsync(
        IReadOnlyList<KnowledgeBaseId> bases, IReadOnlyList<PassageId> passages, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyDictionary<PassageId, ReadOnlyMemory<float>>>(search.Vectors(bases, passages));

    /// <inheritdoc/>
    public Task<IReadOnlySet<string>> KnownHashesAsync(KnowledgeBaseId parent, IReadOnlyList<Passage> passages, CancellationToken cancellationToken)
    {
        var known = new HashSet<string>(StringComparer.Ordinal);
        using var connection = file.Connect();
        using var find = connection.CreateCommand();
        find.CommandText = """
            SELECT EXISTS (SELECT 1 FROM staged WHERE base = $base AND hash = $hash)
                OR EXISTS (SELECT 1 FROM passages WHERE base = $base AND hash = $hash);
            """;
        find.Parameters.AddWithValue("$base", Bytes(parent.Value));
        var hash = find.Parameters.Add("$hash", SqliteType.Text);
        foreach (var distinct in passages.Select(passage => passage.MatchHash).Distinct())
        {
            hash.Value = distinct;
            if ((long)find.ExecuteScalar()! == 1)
            {
                known.Add(distinct);
            }
        }

        return Task.FromResult<IReadOnlySet<string>>(known);
    }

    /// <summary>Commits the vectors of a batch, out of sight of searches.</summary>
    public async Task StageAsync(KnowledgeBaseId parent, IReadOnlyList<(Passage Passage, ReadOnlyMemory<float> Vector)> batch, CancellationToken cancellationToken)
    {
        await WriteAsync(
            (connection, transaction) =>
            {
                using var insert = Command(
                    connection, transaction, "INSERT OR REPLACE INTO staged VALUES ($passage, $document, $base, $hash, $vector);");
                insert.Parameters.AddWithValue("$base", Bytes(parent.Value));
                foreach (var (passage, vector) in batch)
                {
                    Set(insert, "$passage", Bytes(passage.Id.Value));
                    Set(insert, "$document", Bytes(passage.Document.Value));
                    Set(insert, "$hash", passage.MatchHash);
                    Set(insert, "$vector", MemoryMarshal.AsBytes(vector.Span).ToArray());
                    insert.ExecuteNonQuery();
                }

                return true;
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<bool> PublishAsync(KnowledgeDocument document, IReadOnlyList<Passage> passages, CancellationToken cancellationToken)
    {
        var added = new List<(long Row, float[] Vector)>();
        var words = new List<(long Row, WeightedTerm[] Terms)>();
        var removed = new List<long>();
        var language = LanguageDetection.Of(passages.Select(passage => passage.Text));
        return await WriteAsync(
            (connection, transaction) =>
            {
                if (IsDeleted(document.Id))
                {
                    return false;
                }

                var parent = NumberOf(connection, transaction, document.Base);
                var kept = Shown(connection, transaction, document.Id);

                // The words of a row are also those of its document's name, in its language: where these changed, all rows are written anew.
                var isSame = DocumentFacts.AreAs(connection, transaction, document, language);
                var wanted = passages.ToDictionary(passage => passage.Id.Value, passage => passage.Revision?.Version ?? 0);
                foreach (var (passage, shown) in kept.Where(item => !isSame || !wanted.TryGetValue(item.Key, out var revision) || revision != item.Value.Revision).ToList())
                {
                    removed.Add(shown.Row);
                    kept.Remove(passage);
                }

                var missing = new List<(Passage Passage, byte[] Vector)>();
                foreach (var passage in passages.Where(passage => !kept.ContainsKey(passage.Id.Value)))
                {
                    if (Vector(connection, transaction, document.Base, passage) is not { } vector)
                    {
                        return false;
                    }

                    missing.Add((passage, vector));
                }

                // After their vectors were read: a row that is written anew is among them.
                Hide(connection, transaction, parent, removed);
                foreach (var (passage, vector) in missing)
                {
                    var terms = TermWeights.OfPassage(document.Name, passage.Section, passage.ReadableText, language, passage.Keywords);
                    var row = Show(connection, transaction, document, passage, vector, terms);
                    added.Add((row, MemoryMarshal.Cast<byte, float>(vector).ToArray()));
                    words.Add((row, terms));
                }

                WordIndex.Add(connection, transaction, parent, words);
                Execute(connection, transaction, "DELETE FROM staged WHERE document = $id;", Bytes(document.Id.Value));
                DocumentFacts.Write(connection, transaction, document, language, passages.Count);
                Count(connection, transaction, parent, added.Count - removed.Count);
                return true;
            },
            cancellationToken,
            () => resident.Change(document.Base, added, removed));
    }

    /// <inheritdoc/>
    public async Task RemoveAsync(KnowledgeBaseId parent, DocumentId document, CancellationToken cancellationToken)
    {
        var removed = new List<long>();
        await WriteAsync(
            (connection, transaction) =>
            {
                lock (_deleted)
                {
                    _deleted.Add(document);
                }

                removed.AddRange(Shown(connection, transaction, document).Values.Select(shown => shown.Row));
                var number = NumberOf(connection, transaction, parent);
                Hide(connection, transaction, number, removed);
                Execute(connection, transaction, "DELETE FROM staged WHERE document = $id;", Bytes(document.Value));
                DocumentFacts.Remove(connection, transaction, document);
                Count(connection, transaction, number, -removed.Count);
                return true;
            },
            cancellationToken,
            () => resident.Change(parent, [], removed));
    }

    /// <inheritdoc/>
    public async Task ForgetAsync(KnowledgeBaseId parent, CancellationToken cancellationToken)
    {
        await WriteAsync(
            (connection, transaction) =>
            {
                var number = NumberOf(connection, transaction, parent);
                var id = Bytes(parent.Value);
                Execute(connection, transaction, "DELETE FROM postings WHERE base = $id;", number);
                Execute(connection, transaction, "DELETE FROM bases WHERE number = $id;", number);
                foreach (var table in (ReadOnlySpan<string>)["passages", "staged", "documents", "facts"])
                {
                    Execute(connection, transaction, $"DELETE FROM {table} WHERE base = $id;", id);
                }

                return true;
            },
            cancellationToken,
            () => resident.Drop(parent));
    }

    /// <inheritdoc/>
    public Task<long> CountAsync(KnowledgeBaseId parent, CancellationToken cancellationToken)
    {
        using var connection = file.Connect();
        using var select = connection.CreateCommand();
        select.CommandText = "SELECT passages FROM bases WHERE base = $id;";
        select.Parameters.AddWithValue("$id", Bytes(parent.Value));
        return Task.FromResult(select.ExecuteScalar() is long passages ? passages : 0);
    }

    /// <summary>Vectors of passages' hashes that are staged or shown here.</summary>
    public Dictionary<string, float[]> VectorsOf(KnowledgeBaseId parent, IEnumerable<Passage> passages)
    {
        var vectors = new Dictionary<string, float[]>(StringComparer.Ordinal);
        using var connection = file.Connect();
        foreach (var passage in passages.DistinctBy(passage => passage.MatchHash))
        {
            if (Vector(connection, null, parent, passage) is { } vector)
            {
                vectors[passage.MatchHash] = MemoryMarshal.Cast<byte, float>(vector).ToArray();
            }
        }

        return vectors;
    }

    /// <summary>Whether vectors of a base wait for their documents to be shown.</summary>
    public bool HasStaged(KnowledgeBaseId parent)
    {
        using var connection = file.Connect();
        using var select = connection.CreateCommand();
        select.CommandText = "SELECT EXISTS (SELECT 1 FROM staged WHERE base = $id);";
        select.Parameters.AddWithValue("$id", Bytes(parent.Value));
        return (long)select.ExecuteScalar()! == 1;
    }

    /// <summary>Removes the staged vectors of a document that is shown elsewhere.</summary>
    public Task DropStagedAsync(DocumentId document, CancellationToken cancellationToken) => WriteAsync(
        (connection, transaction) =>
        {
            Execute(connection, transaction, "DELETE FROM staged WHERE document = $id;", Bytes(document.Value));
            return true;
        },
        cancellationToken);

    /// <summary>Whether a document was removed for good.</summary>
    public bool IsDeleted(DocumentId document)
    {
        lock (_deleted)
        {
            return _deleted.Contains(document);
        }
    }

    /// <summary>The documents that it holds, with their bases.</summary>
    public Dictionary<DocumentId, KnowledgeBaseId> Documents()
    {
        var documents = new Dictionary<DocumentId, KnowledgeBaseId>();
        using var connection = file.Connect();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT document, base FROM documents;";
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            documents[new(ReadGuid(reader, 0))] = new(ReadGuid(reader, 1));
        }

        return documents;
    }

    /// <inheritdoc/>
    public void Dispose() => _writer.Dispose();

    internal static byte[] Bytes(Guid id) => id.ToByteArray(bigEndian: true);

    internal static Guid ReadGuid(SqliteDataReader reader, int column) => new((byte[])reader[column], bigEndian: true);

    private static Dictionary<Guid, (long Row, long Revision)> Shown(SqliteConnection connection, SqliteTransaction transaction, DocumentId document)
    {
        var rows = new Dictionary<Guid, (long Row, long Revision)>();
        using var select = Command(connection, transaction, "SELECT passage, row, revision FROM passages WHERE document = $id;");
        Set(select, "$id", Bytes(document.Value));
        using var reader = select.ExecuteReader();
        while (reader.Read())
        {
            rows[ReadGuid(reader, 0)] = (reader.GetInt64(1), reader.GetInt64(2));
        }

        return rows;
    }

    private static byte[]? Vector(SqliteConnection connection, SqliteTransaction? transaction, KnowledgeBaseId parent, Passage passage)
    {
        using var select = Command(connection, transaction, """
            SELECT vector FROM staged WHERE base = $base AND hash = $hash
            UNION ALL SELECT vector FROM passages WHERE base = $base AND hash = $hash LIMIT 1;
            """);
        Set(select, "$base", Bytes(parent.Value));
        Set(select, "$hash", passage.MatchHash);
        return (byte[]?)select.ExecuteScalar();
    }

    private static long Show(
        SqliteConnection connection, SqliteTransaction transaction, KnowledgeDocument document, Passage passage, byte[] vector, WeightedTerm[] terms)
    {
        using var insert = Command(connection, transaction, """
            INSERT INTO passages (passage, document, base, hash, page, vector, terms, revision)
            VALUES ($passage, $document, $base, $hash, $page, $vector, $terms, $revision)
            RETURNING row;
            """);
        Set(insert, "$passage", Bytes(passage.Id.Value));
        Set(insert, "$document", Bytes(document.Id.Value));
        Set(insert, "$base", Bytes(document.Base.Value));
        Set(insert, "$hash", passage.MatchHash);
        Set(insert, "$page", (object?)passage.Page ?? DBNull.Value);
        Set(insert, "$vector", vector);
        Set(insert, "$terms", MemoryMarshal.AsBytes(terms).ToArray());
        Set(insert, "$revision", passage.Revision?.Version ?? 0);
        return (long)insert.ExecuteScalar()!;
    }

    private static void Hide(SqliteConnection connection, SqliteTransaction transaction, long parent, List<long> rows)
    {
        var words = new List<(long Row, WeightedTerm[] Terms)>(rows.Count);
        foreach (var row in rows)
        {
            using var terms = Command(connection, transaction, "SELECT terms FROM passages WHERE row = $id;");
            Set(terms, "$id", row);
            words.Add((row, MemoryMarshal.Cast<byte, WeightedTerm>((byte[])terms.ExecuteScalar()!).ToArray()));
            Execute(connection, transaction, "DELETE FROM passages WHERE row = $id;", row);
        }

        WordIndex.Remove(connection, transaction, parent, words);
    }

    /// <summary>The number that a base has in this file.</summary>
    private static long NumberOf(SqliteConnection connection, SqliteTransaction transaction, KnowledgeBaseId parent)
    {
        using var insert = Command(connection, transaction, "INSERT OR IGNORE INTO bases (base) VALUES ($id);");
        Set(insert, "$id", Bytes(parent.Value));
        insert.ExecuteNonQuery();
        using var select = Command(connection, transaction, "SELECT number FROM bases WHERE base = $id;");
        Set(select, "$id", Bytes(parent.Value));
        return (long)select.ExecuteScalar()!;
    }

    private static void Count(SqliteConnection connection, SqliteTransaction transaction, long parent, int more)
    {
        using var update = Command(connection, transaction, "UPDATE bases SET passages = passages + $more WHERE number = $number;");
        Set(update, "$more", more);
        Set(update, "$number", parent);
        update.ExecuteNonQuery();
    }

    private static SqliteCommand Command(SqliteConnection connection, SqliteTransaction? transaction, string sql)
    {
        var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = sql;
        return command;
    }

    private static void Set(SqliteCommand command, string name, object value)
    {
        if (command.Parameters.Contains(name))
        {
            command.Parameters[name].Value = value;
        }
        else
        {
            command.Parameters.AddWithValue(name, value);
        }
    }

    private static void Execute(SqliteConnection connection, SqliteTransaction transaction, string sql, object id)
    {
        using var command = Command(connection, transaction, sql);
        Set(command, "$id", id);
        command.ExecuteNonQuery();
    }

    private async Task<bool> WriteAsync(
        Func<SqliteConnection, SqliteTransaction, bool> write, CancellationToken cancellationToken, Action? committed = null)
    {
        await _writer.WaitAsync(cancellationToken);
        try
        {
            using var connection = file.ConnectToWrite();
            using var transaction = connection.BeginTransaction();
            if (!write(connection, transaction))
            {
                return false;
            }

            transaction.Commit();
            committed?.Invoke();
            return true;
        }
        finally
        {
            _writer.Release();
        }
    }
}
