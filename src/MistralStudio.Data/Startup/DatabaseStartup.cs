using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using MistralStudio.Core;

namespace MistralStudio.Data.Startup;

/// <summary>Makes the database ready before anything is served.</summary>
public sealed class DatabaseStartup(IDbContextFactory<StudioDbContext> contexts, DataFolder folder, TimeProvider time)
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

    /// <summary>Makes the folder and applies missing migrations; a failure says what keeps the studio from starting.</summary>
    public async Task<Result<Unit>> PrepareAsync(CancellationToken cancellationToken)
    {
        try
        {
            Directory.CreateDirectory(folder.Path);
            await ProveWritableAsync(cancellationToken);
            await using var context = await contexts.CreateDbContextAsync(cancellationToken);
            await using var turn = await MigrationTurn.TakeAsync(folder.DatabaseFile, time, cancellationToken);
            if (turn is null)
            {
                return StartupErrors.InUse(folder.DatabaseFile);
            }

            var known = context.Database.GetMigrations().ToHashSet(StringComparer.Ordinal);
            var applied = File.Exists(folder.DatabaseFile)
                ? (await context.Database.GetAppliedMigrationsAsync(cancellationToken)).ToHashSet(StringComparer.Ordinal)
                : [];
            if (applied.FirstOrDefault(migration => !known.Contains(migration)) is { } unknown)
            {
                return StartupErrors.NewerDatabase(folder.DatabaseFile, unknown);
            }

            if (!known.SetEquals(applied))
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
                Busy or Locked => StartupErrors.InUse(folder.DatabaseFile),
                ReadOnly or CannotOpen or InputOutput => StartupErrors.NotWritable(folder.Path),
                Full => StartupErrors.DiskFull(folder.Path),
                Corrupt or NotADatabase => StartupErrors.Damaged(folder.DatabaseFile),
                _ => StartupErrors.Unusable(folder.DatabaseFile, exception.Message),
            };
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return StartupErrors.Of(exception, folder.Path);
        }
    }

    private async Task ProveWritableAsync(CancellationToken cancellationToken)
    {
        var probe = Path.Combine(folder.Path, $".probe-{Guid.NewGuid():N}");
        await File.WriteAllBytesAsync(probe, [1], cancellationToken);
        File.Delete(probe);
    }
}

/// <summary>What keeps a studio from starting.</summary>
public static class StartupErrors
{
    /// <summary>What a failure to write the data folder means.</summary>
    public static Error Of(Exception exception, string path) => DiskSpace.IsFull(exception) ? DiskFull(path) : NotWritable(path);

    public static Error NotWritable(string path) => new(
        "startup.data_not_writable", $"The data folder {path} cannot be written.", "Give this user the right to write there, or name another folder in Studio:DataPath.");

    public static Error DiskFull(string path) => new(
        "startup.disk_full", $"The disk that holds the data folder {path} is full.", "Free some space, or name a folder on another disk in Studio:DataPath.");

    public static Error NewerDatabase(string file, string migration) => new(
        "startup.newer_database",
        $"The database {file} was written by a newer version of MistralStudio ({migration}).",
        "Start that version again, or restore a backup made before the update.");

    public static Error InUse(string file) => new(
        "startup.database_in_use", $"The database {file} is locked by another process.", "Stop the other studio that uses this data folder, or name another in Studio:DataPath.");

    public static Error Served(string path) => new(
        "startup.data_in_use", $"Another studio uses the data folder {path}.", "Stop it, or name another folder in Studio:DataPath.");

    public static Error Damaged(string file) => new(
        "startup.database_damaged", $"The file {file} is not a database, or is damaged.", "Restore it from a backup, or move it away to begin anew.");

    public static Error Unusable(string file, string reason) => new(
        "startup.database_unusable", $"The database {file} cannot be used: {reason}.", "Run the command \"doctor\" to see what is wrong.");
}
