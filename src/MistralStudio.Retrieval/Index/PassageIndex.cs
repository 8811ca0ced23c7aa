using System.Runtime.InteropServices;
using Microsoft.Data.Sqlite;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Retrieval.Index;

/// <summary>
/// Writes the index: vectors are staged while a document is embedded; one transaction then shows all of its passages, and hides those that
/// it no longer has. Writers go one at a time.
/// </summary>
internal sealed class PassageIndex(IndexFile file, ResidentVectors resident) : IDisposable
{
    private readonly SemaphoreSlim _writer = new(1, 1);

    // A document that is being deleted must not come back by an ingestion that is at its last step.
    private readonly HashSet<DocumentId> _deleted = [];

    /// <summary>The hashes among these whose vector the base has already.</summary>
    public HashSet<string> KnownHashes(KnowledgeBaseId parent, IReadOnlyList<Passage> passages)
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
        foreach (var distinct in passages.Select(passage => passage.ContentHash).Distinct())
        {
            hash.Value = distinct;
            if ((long)find.ExecuteScalar()! == 1)
            {
                known.Add(distinct);
            }
        }

        return known;
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
                    Set(insert, "$hash", passage.ContentHash);
                    Set(insert, "$vector", MemoryMarshal.AsBytes(vector.Span).ToArray());
                    insert.ExecuteNonQuery();
                }

                return true;
            },
            cancellationToken);
    }

    /// <summary>
    /// Makes exactly these passages of a document searchable, in one transaction. False where a vector is missing (embed again) or the
    /// document was removed meanwhile.
    /// </summary>
    public async Task<bool> PublishAsync(KnowledgeDocument document, IReadOnlyList<Passage> passages, CancellationToken cancellationToken)
    {
        var added = new List<(long Row, float[] Vector)>();
        var removed = new List<long>();
        return await WriteAsync(
            (connection, transaction) =>
            {
                if (_deleted.Contains(document.Id))
                {
                    return false;
                }

                var kept = Shown(connection, transaction, document.Id);
                var wanted = passages.Select(passage => passage.Id.Value).ToHashSet();
                foreach (var (passage, row) in kept)
                {
                    if (!wanted.Contains(passage))
                    {
                        removed.Add(row);
                    }
                }

                foreach (var passage in passages.Where(passage => !kept.ContainsKey(passage.Id.Value)))
                {
                    if (Vector(connection, transaction, document.Base, passage) is not { } vector)
                    {
                        return false;
                    }

                    added.Add((Show(connection, transaction, document, passage, vector), MemoryMarshal.Cast<byte, float>(vector).ToArray()));
                }

                Hide(connection, transaction, removed);
                Execute(connection, transaction, "DELETE FROM staged WHERE document = $id;", Bytes(document.Id.Value));
                using var count = Command(connection, transaction, "INSERT OR REPLACE INTO documents VALUES ($document, $base, $passages);");
                Set(count, "$document", Bytes(document.Id.Value));
                Set(count, "$base", Bytes(document.Base.Value));
                Set(count, "$passages", passages.Count);
                count.ExecuteNonQuery();
                return true;
            },
            cancellationToken,
            () => resident.Change(document.Base, added, removed));
    }

    /// <summary>Takes a document out of the index, for good.</summary>
    public async Task RemoveAsync(KnowledgeBaseId parent, DocumentId document, CancellationToken cancellationToken)
    {
        var removed = new List<long>();
        await WriteAsync(
            (connection, transaction) =>
            {
                _deleted.Add(document);
                removed.AddRange(Shown(connection, transaction, document).Values);
                Hide(connection, transaction, removed);
                Execute(connection, transaction, "DELETE FROM staged WHERE document = $id;", Bytes(document.Value));
                Execute(connection, transaction, "DELETE FROM documents WHERE document = $id;", Bytes(document.Value));
                return true;
            },
            cancellationToken,
            () => resident.Change(parent, [], removed));
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

    private static Dictionary<Guid, long> Shown(SqliteConnection connection, SqliteTransaction transaction, DocumentId document)
    {
        var rows = new Dictionary<Guid, long>();
        using var select = Command(connection, transaction, "SELECT passage, row FROM passages WHERE document = $id;");
        Set(select, "$id", Bytes(document.Value));
        using var reader = select.ExecuteReader();
        while (reader.Read())
        {
            rows[ReadGuid(reader, 0)] = reader.GetInt64(1);
        }

        return rows;
    }

    private static byte[]? Vector(SqliteConnection connection, SqliteTransaction transaction, KnowledgeBaseId parent, Passage passage)
    {
        using var select = Command(connection, transaction, """
            SELECT vector FROM staged WHERE base = $base AND hash = $hash
            UNION ALL SELECT vector FROM passages WHERE base = $base AND hash = $hash LIMIT 1;
            """);
        Set(select, "$base", Bytes(parent.Value));
        Set(select, "$hash", passage.ContentHash);
        return (byte[]?)select.ExecuteScalar();
    }

    private static long Show(SqliteConnection connection, SqliteTransaction transaction, KnowledgeDocument document, Passage passage, byte[] vector)
    {
        using var insert = Command(connection, transaction, """
            INSERT INTO passages (passage, document, base, hash, vector) VALUES ($passage, $document, $base, $hash, $vector) RETURNING row;
            """);
        Set(insert, "$passage", Bytes(passage.Id.Value));
        Set(insert, "$document", Bytes(document.Id.Value));
        Set(insert, "$base", Bytes(document.Base.Value));
        Set(insert, "$hash", passage.ContentHash);
        Set(insert, "$vector", vector);
        var row = (long)insert.ExecuteScalar()!;
        using var words = Command(connection, transaction, "INSERT INTO words (rowid, title, section, text) VALUES ($row, $title, $section, $text);");
        Set(words, "$row", row);
        Set(words, "$title", LexicalText.ForIndex(Path.GetFileNameWithoutExtension(document.Name).Replace('_', ' ')));
        Set(words, "$section", LexicalText.ForIndex(passage.Section ?? ""));
        Set(words, "$text", LexicalText.ForIndex(passage.Text));
        words.ExecuteNonQuery();
        return row;
    }

    private static void Hide(SqliteConnection connection, SqliteTransaction transaction, List<long> rows)
    {
        foreach (var row in rows)
        {
            Execute(connection, transaction, "DELETE FROM words WHERE rowid = $id;", row);
            Execute(connection, transaction, "DELETE FROM passages WHERE row = $id;", row);
        }
    }

    private static SqliteCommand Command(SqliteConnection connection, SqliteTransaction transaction, string sql)
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
