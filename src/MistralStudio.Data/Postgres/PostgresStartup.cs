using System.Data.Common;
using System.Net.Sockets;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;
using MistralStudio.Core;
using MistralStudio.Core.Knowledge;
using MistralStudio.Data.Startup;
using Npgsql;

namespace MistralStudio.Data.Postgres;

/// <summary>Makes the studio's database of a PostgreSQL server ready. Studios that start together wait for the one that migrates.</summary>
internal sealed class PostgresStartup(IDbContextFactory<StudioDbContext> contexts, DataFolder folder, PostgresDatabase database) : DatabaseStartup(folder)
{
    private const long ServingKey = WriterTurn.Key + 1;
    private const long MigratingKey = WriterTurn.Key + 2;
    private const int PatienceSeconds = 120;

    /// <inheritdoc/>
    public override string Database => database.Name;

    /// <inheritdoc/>
    public override async Task<Result<IAsyncDisposable?>> TakeTurnAsync(CancellationToken cancellationToken)
    {
        try
        {
            // Those of a cluster serve together, and never beside one that serves alone.
            var (held, taken) = await LockAsync($"SELECT pg_try_advisory_lock{(Folder.IsShared ? "_shared" : "")}({ServingKey})", cancellationToken);
            if (taken is true)
            {
                return held;
            }

            await held.DisposeAsync();
            return StartupErrors.ServedElsewhere(Database);
        }
        catch (NpgsqlException failure)
        {
            return ErrorOf(failure);
        }
    }

    /// <inheritdoc/>
    public override async Task<IAsyncDisposable?> TakeSetupAsync(CancellationToken cancellationToken) =>
        Folder.IsShared ? (await LockAsync($"SELECT pg_advisory_lock({MigratingKey})", cancellationToken)).Held : null;

    private protected override async Task<Result<Unit>> MigrateAsync(CancellationToken cancellationToken)
    {
        var exists = true;
        try
        {
            await using var context = await contexts.CreateDbContextAsync(cancellationToken);
            var creator = context.GetService<IRelationalDatabaseCreator>();
            exists = await creator.ExistsAsync(cancellationToken);
            if (!exists)
            {
                await creator.CreateAsync(cancellationToken);
            }

            var behind = IsBehind(context, await context.Database.GetAppliedMigrationsAsync(cancellationToken));
            if (!behind.IsSuccess)
            {
                return behind.Error;
            }

            if (behind.Value || Folder.IsShared)
            {
                // EF's own lock ends with each migration; this one with the last.
                var (turn, _) = await LockAsync($"SELECT pg_advisory_lock({MigratingKey})", cancellationToken);
                await using (turn)
                {
                    await context.Database.MigrateAsync(cancellationToken);
                    if (Folder.IsShared)
                    {
                        await MembershipTables.CreateAsync(turn.Session, cancellationToken);
                    }
                }
            }

            return Folder.IsShared && await context.KnowledgeBases
                .Where(row => row.Store == IndexStore.Embedded || row.MovingTo == IndexStore.Embedded)
                .OrderBy(row => row.Name).Select(row => row.Name).FirstOrDefaultAsync(cancellationToken) is { } name
                ? StartupErrors.InOneProcess(name)
                : default(Unit);
        }
        catch (Exception exception) when (Find(exception) is { } failure)
        {
            return !exists && failure is PostgresException { SqlState: PostgresErrorCodes.InsufficientPrivilege } ? StartupErrors.Missing(Database) : ErrorOf(failure);
        }
    }

    // On a connection of its own, held open: the lock is of the session and ends with it, also where the process is killed.
    private async Task<(HeldLocks Held, object? Answer)> LockAsync(string query, CancellationToken cancellationToken)
    {
        var held = await database.OpenAsync(cancellationToken);
        try
        {
            await using var command = held.CreateCommand();
            command.CommandText = query;
            command.CommandTimeout = PatienceSeconds;
            return (new(held), await command.ExecuteScalarAsync(cancellationToken));
        }
        catch
        {
            await held.DisposeAsync();
            throw;
        }
    }

    // EF wraps what it takes for a passing failure.
    private static NpgsqlException? Find(Exception? exception) => exception is null ? null : exception as NpgsqlException ?? Find(exception.InnerException);

    private Error ErrorOf(NpgsqlException failure) => failure switch
    {
        PostgresException { SqlState: PostgresErrorCodes.InvalidCatalogName } => StartupErrors.Missing(Database),
        PostgresException { SqlState: PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification } refused =>
            StartupErrors.Refused(Database, refused.MessageText),
        PostgresException { SqlState: PostgresErrorCodes.InsufficientPrivilege } refused => StartupErrors.NoRight(Database, refused.MessageText),
        PostgresException { SqlState: PostgresErrorCodes.DiskFull } => StartupErrors.DiskFull(Database),
        PostgresException other => StartupErrors.Unusable(Database, other.MessageText),
        _ => StartupErrors.Unreachable(database.Server, (failure.InnerException as SocketException ?? (Exception)failure).Message.TrimEnd('.')),
    };

    /// <summary>Locks of a session. They are let go before its connection is closed: the server ends a session some time after that.</summary>
    private sealed class HeldLocks(DbConnection session) : IAsyncDisposable
    {
        public DbConnection Session => session;

        public async ValueTask DisposeAsync()
        {
            try
            {
                await using var command = session.CreateCommand();
                command.CommandText = "SELECT pg_advisory_unlock_all()";
                await command.ExecuteNonQueryAsync();
            }
            catch (Exception gone) when (gone is DbException or InvalidOperationException)
            {
                // The session is gone or its connection closed already, and its locks with it.
            }
            finally
            {
                await session.DisposeAsync();
            }
        }
    }
}
