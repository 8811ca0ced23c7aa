using System.Data.Common;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace MistralStudio.Data.Postgres;

/// <summary>
/// One transaction of the stores at a time, as SQLite has it: what a store read in its transaction stays true until it commits (the chain of
/// the audit log, the last owner of a workspace). The turn is an
/// <a href="https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS">advisory lock</a> that ends with its transaction,
/// also where its process is killed. Single statements, and the journal of runs, take no turn.
/// </summary>
internal sealed class WriterTurn : DbTransactionInterceptor
{
    /// <summary>The lock's number; of no meaning beyond being the studio's.</summary>
    public const long Key = 0x53_74_75_64_69_6F;

    /// <summary>What a transaction begins with to have its turn.</summary>
    public static readonly string Take = $"SELECT pg_advisory_xact_lock({Key})";

    /// <inheritdoc/>
    public override DbTransaction TransactionStarted(DbConnection connection, TransactionEndEventData eventData, DbTransaction result)
    {
        using var command = Command(connection, result);
        command.ExecuteNonQuery();
        return result;
    }

    /// <inheritdoc/>
    public override async ValueTask<DbTransaction> TransactionStartedAsync(
        DbConnection connection, TransactionEndEventData eventData, DbTransaction result, CancellationToken cancellationToken = default)
    {
        var command = Command(connection, result);
        await using (command.ConfigureAwait(false))
        {
            await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }

        return result;
    }

    private static DbCommand Command(DbConnection connection, DbTransaction transaction)
    {
        var command = connection.CreateCommand();
        command.CommandText = Take;
        command.Transaction = transaction;
        return command;
    }
}
