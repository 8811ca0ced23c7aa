using System.Data.Common;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace MistralStudio.Data.Sqlite;

/// <summary>
/// Brings every connection to <c>studio.db</c> into the same state. <c>synchronous=FULL</c>: with WAL, NORMAL survives kill -9 but may lose
/// the last commits when the power goes, and what was shown as saved must be there; the price is one fsync per commit.
/// </summary>
internal sealed class SqliteConnectionSetup : DbConnectionInterceptor
{
    /// <summary>How long a statement waits for another writer, s.</summary>
    public const int BusySeconds = 15;

    private const string ReadingPragmas = "PRAGMA foreign_keys=ON; PRAGMA busy_timeout=15000;";
    private const string Pragmas = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;" + ReadingPragmas;

    /// <summary>The connection string of a database file.</summary>
    public static string ConnectionString(string file) => new SqliteConnectionStringBuilder
    {
        DataSource = file,
        ForeignKeys = true,
        DefaultTimeout = BusySeconds,
    }.ToString();

    /// <inheritdoc/>
    public override void ConnectionOpened(DbConnection connection, ConnectionEndEventData eventData) => Apply(connection);

    /// <inheritdoc/>
    public override async Task ConnectionOpenedAsync(
        DbConnection connection, ConnectionEndEventData eventData, CancellationToken cancellationToken = default)
    {
        var command = connection.CreateCommand();
        await using (command.ConfigureAwait(false))
        {
            command.CommandText = PragmasOf(connection);
            await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// A connection outside the pool, for one writer to keep. <c>synchronous=NORMAL</c>: with WAL nothing that was committed is lost with the process;
    /// a power cut may take the last commits, and what was journalled goes on from the one before.
    /// </summary>
    /// <param name="isSynced">True for <c>synchronous=FULL</c>: a power cut takes nothing either.</param>
    public static async Task<DbConnection> OpenKeptAsync(string file, bool isSynced)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder(ConnectionString(file)) { Pooling = false }.ToString());
        try
        {
            await connection.OpenAsync();
            Apply(connection);
            await using var command = connection.CreateCommand();
            command.CommandText = isSynced ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL";
            await command.ExecuteNonQueryAsync();
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Brings a connection that EF did not open into the state.</summary>
    public static void Apply(DbConnection connection)
    {
        using var command = connection.CreateCommand();
        command.CommandText = PragmasOf(connection);
        command.ExecuteNonQuery();
    }

    // EF asks over a read-only connection whether a database exists; the journal of a copy that is not in WAL yet cannot be changed there.
    private static string PragmasOf(DbConnection connection) =>
        new SqliteConnectionStringBuilder(connection.ConnectionString).Mode == SqliteOpenMode.ReadOnly ? ReadingPragmas : Pragmas;
}
