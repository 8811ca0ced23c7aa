using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using MistralStudio.Core;
using MistralStudio.Data.Startup;

namespace MistralStudio.Data.Sqlite;

/// <summary>Makes <c>studio.db</c> ready.</summary>
internal sealed class SqliteStartup(IDbContextFactory<StudioDbContext> contexts, DataFolder folder, TimeProvider time) : DatabaseStartup(folder)
{
    // SQLite's primary result codes: https://www.sqlite.org/rescode.html
    private const int Busy = 5;
    private const int Locked = 6;
    private const int ReadOnly = 8;
    private const int InputOutput = 10;
    private const int Corrupt = 11;
    private const int Full = 13;
    private const int CannotOpen = 14;
    private const int NotADatabase = 26;

    /// <inheritdoc/>
    public override string Database => Folder.DatabaseFile;

    private protected override async Task<Result<Unit>> MigrateAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var context = await contexts.CreateDbContextAsync(cancellationToken);
            await using var turn = await MigrationTurn.TakeAsync(Folder.DatabaseFile, time, cancellationToken);
            if (turn is null)
            {
                return StartupErrors.InUse(Folder.DatabaseFile);
            }

            var behind = IsBehind(context, File.Exists(Folder.DatabaseFile) ? await context.Database.GetAppliedMigrationsAsync(cancellationToken) : []);
            if (!behind.IsSuccess)
            {
                return behind.Error;
            }

            if (behind.Value)
            {
                await MigrationTurn.ClearAbandonedAsync(context, cancellationToken);
                await context.Database.MigrateAsync(cancellationToken);
            }

            return default(Unit);
        }
        catch (SqliteException exception)
        {
            return exception.SqliteErrorCode switch
            {
                Busy or Locked => StartupErrors.InUse(Folder.DatabaseFile),
                ReadOnly or CannotOpen or InputOutput => StartupErrors.NotWritable(Folder.Path),
                Full => StartupErrors.DiskFull(Folder.Path),
                Corrupt or NotADatabase => StartupErrors.Damaged(Folder.DatabaseFile),
                _ => StartupErrors.Unusable(Folder.DatabaseFile, exception.Message),
            };
        }
    }
}
