using Microsoft.Data.Sqlite;
using MistralStudio.Data.Storage;

namespace MistralStudio.Data.Sqlite;

/// <summary>
/// By SQLite's
/// <a href="https://www.sqlite.org/pragma.html#pragma_data_version">data_version</a> over a connection that itself writes nothing. A look costs
/// some ten microseconds, a hundredth of a query through EF.
/// </summary>
internal sealed class DatabaseVersion(DataFolder folder) : IDatabaseVersion, IDisposable
{
    private readonly Lock _lock = new();
    private SqliteConnection? _connection;
    private SqliteCommand? _command;
    private int _opened;

    /// <inheritdoc/>
    public long? Read()
    {
        lock (_lock)
        {
            try
            {
                var version = (long)(_command ??= Open()).ExecuteScalar()!;
                return ((long)_opened << 32) + version;
            }
            catch (SqliteException)
            {
                Close();
                return null;
            }
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            Close();
        }
    }

    private SqliteCommand Open()
    {
        // Not from the pool: there it would be lent to those who write.
        _connection = new SqliteConnection(new SqliteConnectionStringBuilder(SqliteConnectionSetup.ConnectionString(folder.DatabaseFile)) { Pooling = false }.ToString());
        _connection.Open();
        // Numbers of one connection say nothing to the next one.
        _opened++;
        var command = _connection.CreateCommand();
        command.CommandText = "PRAGMA data_version";
        return command;
    }

    private void Close()
    {
        _command?.Dispose();
        _connection?.Dispose();
        (_command, _connection) = (null, null);
    }
}
