using Microsoft.EntityFrameworkCore;
using MistralStudio.Data.Startup;

namespace MistralStudio.Data.Sqlite;

/// <summary>
/// One process migrates a database at a time. EF's own lock is a row that outlives kill -9 and would keep every later start waiting for ever
/// (https://learn.microsoft.com/ef/core/providers/sqlite/limitations#concurrent-migrations-protection); the lock of an open file ends with
/// its process, and whoever holds it may clear a row that was left behind.
/// </summary>
internal static class MigrationTurn
{
    private static readonly TimeSpan s_retry = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    /// <summary>Waits for the turn; null where another process kept it for half a minute. Disposing ends it.</summary>
    public static async Task<FileStream?> TakeAsync(string databaseFile, TimeProvider time, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        while (true)
        {
            if (FileLock.TryTake($"{databaseFile}.migrating") is { } turn)
            {
                return turn;
            }

            if (time.GetElapsedTime(began) > s_patience)
            {
                return null;
            }

            await Task.Delay(s_retry, time, cancellationToken);
        }
    }

    /// <summary>Removes the row that a killed migration left. Only for who holds the turn.</summary>
    public static Task ClearAbandonedAsync(StudioDbContext context, CancellationToken cancellationToken) =>
        context.Database.ExecuteSqlRawAsync("DROP TABLE IF EXISTS \"__EFMigrationsLock\"", cancellationToken);
}
