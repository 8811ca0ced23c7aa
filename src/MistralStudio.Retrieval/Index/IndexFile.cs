using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace MistralStudio.Retrieval.Index;

/// <summary>
/// <c>index.db</c>: vectors and words of passages. Everything in it is derived, so a file that is damaged or of another version is thrown
/// away and made again.
/// </summary>
internal sealed class IndexFile
{
    private const int Version = 4;

    // "staged" holds vectors of documents whose ingestion is not at its end; all else is what a search sees. A base has a small number, because
    // it is in the key of every block of postings.
    private const string Schema = """
        CREATE TABLE bases (number INTEGER PRIMARY KEY, base BLOB NOT NULL UNIQUE, passages INTEGER NOT NULL DEFAULT 0);
        CREATE TABLE documents (
          document BLOB PRIMARY KEY, base BLOB NOT NULL, passages INTEGER NOT NULL, name TEXT NOT NULL, language TEXT NOT NULL) WITHOUT ROWID;
        CREATE INDEX documents_base ON documents (base, language);
        CREATE TABLE facts (
          document BLOB NOT NULL, base BLOB NOT NULL, field TEXT NOT NULL, type INTEGER NOT NULL, text TEXT NOT NULL, number REAL NOT NULL);
        CREATE INDEX facts_document ON facts (document);
        CREATE INDEX facts_field ON facts (base, field, type);
        CREATE TABLE staged (
          passage BLOB PRIMARY KEY, document BLOB NOT NULL, base BLOB NOT NULL, hash TEXT NOT NULL, vector BLOB NOT NULL);
        CREATE INDEX staged_document ON staged (document);
        CREATE INDEX staged_hash ON staged (base, hash);
        CREATE TABLE passages (
          row INTEGER PRIMARY KEY AUTOINCREMENT, passage BLOB NOT NULL UNIQUE, document BLOB NOT NULL, base BLOB NOT NULL,
          hash TEXT NOT NULL, page INTEGER, vector BLOB NOT NULL, terms BLOB NOT NULL, revision INTEGER NOT NULL);
        CREATE INDEX passages_base ON passages (base, document, page);
        CREATE INDEX passages_document ON passages (document);
        CREATE INDEX passages_hash ON passages (base, hash);
        CREATE TABLE postings (
          base INTEGER NOT NULL, term INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, count INTEGER NOT NULL, data BLOB NOT NULL,
          PRIMARY KEY (base, term, first)) WITHOUT ROWID;
        """;

    private readonly string _connection;

    private IndexFile(string path) => _connection = new SqliteConnectionStringBuilder
    {
        DataSource = path,
        DefaultTimeout = 30,
        Mode = SqliteOpenMode.ReadWriteCreate,
    }.ToString();

    /// <summary>Opens the file, or makes it where it is missing or unusable.</summary>
    public static IndexFile Open(string path, ILogger log)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var file = new IndexFile(path);
        try
        {
            if (file.TryUse() is not { } reason)
            {
                return file;
            }

            Log.IndexUnusable(log, path, reason);
        }
        catch (SqliteException exception) when (exception.SqliteErrorCode is 11 or 26 or 1)
        {
            Log.IndexUnusable(log, path, exception.Message);
        }

        SqliteConnection.ClearAllPools();
        foreach (var suffix in (string[])["", "-wal", "-shm"])
        {
            File.Delete(path + suffix);
        }

        return file.TryUse() is { } still ? throw new InvalidOperationException(still) : file;
    }

    /// <summary>A connection for one operation that reads.</summary>
    public SqliteConnection Connect()
    {
        var connection = new SqliteConnection(_connection);
        connection.Open();
        return connection;
    }

    /// <summary>A connection for one operation that writes.</summary>
    public SqliteConnection ConnectToWrite()
    {
        var connection = Connect();
        using var settings = connection.CreateCommand();
        // What a power cut takes away is made again from the documents.
        settings.CommandText = "PRAGMA synchronous = NORMAL;";
        settings.ExecuteNonQuery();
        return connection;
    }

    private string? TryUse()
    {
        using var connection = ConnectToWrite();
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA journal_mode = WAL;";
        command.ExecuteNonQuery();
        command.CommandText = "PRAGMA user_version;";
        var version = (long)command.ExecuteScalar()!;
        command.CommandText = "SELECT count(*) FROM sqlite_master;";
        if (version == 0 && (long)command.ExecuteScalar()! == 0)
        {
            using var transaction = connection.BeginTransaction();
            command.Transaction = transaction;
            command.CommandText = Schema + $"PRAGMA user_version = {Version};";
            command.ExecuteNonQuery();
            transaction.Commit();
            return null;
        }

        if (version != Version)
        {
            return $"its version is {version}, not {Version}";
        }

        command.CommandText = "SELECT 1 FROM documents LIMIT 1; SELECT 1 FROM passages LIMIT 1; SELECT 1 FROM postings LIMIT 1;";
        command.ExecuteNonQuery();
        return null;
    }
}
