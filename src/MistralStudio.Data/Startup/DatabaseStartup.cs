using Microsoft.EntityFrameworkCore;
using MistralStudio.Core;

namespace MistralStudio.Data.Startup;

/// <summary>Makes the database ready before anything is served.</summary>
public abstract class DatabaseStartup
{
    private protected DatabaseStartup(DataFolder folder) => Folder = folder;

    /// <summary>The database as people know it: its file, or its name and server.</summary>
    public abstract string Database { get; }

    /// <summary>Makes the folder and applies missing migrations; a failure says what keeps the studio from starting.</summary>
    public async Task<Result<Unit>> PrepareAsync(CancellationToken cancellationToken)
    {
        try
        {
            Directory.CreateDirectory(Folder.Path);
            await ProveWritableAsync(cancellationToken);
            return await MigrateAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return StartupErrors.Of(exception, Folder.Path);
        }
    }

    /// <summary>
    /// Takes the turn to serve the database, after it was prepared, until it is disposed: a second studio would go on with the first one's
    /// work. That of a file is the turn of its folder, see <see cref="ServingTurn"/>.
    /// </summary>
    public virtual Task<Result<IAsyncDisposable?>> TakeTurnAsync(CancellationToken cancellationToken) => Task.FromResult(Result<IAsyncDisposable?>.Success(null));

    private protected DataFolder Folder { get; }

    private protected abstract Task<Result<Unit>> MigrateAsync(CancellationToken cancellationToken);

    /// <summary>Compares what the database has with what this version knows: the error of a newer one, or whether something is missing.</summary>
    private protected Result<bool> IsBehind(StudioDbContext context, IEnumerable<string> appliedMigrations)
    {
        var known = context.Database.GetMigrations().ToHashSet(StringComparer.Ordinal);
        var applied = appliedMigrations.ToHashSet(StringComparer.Ordinal);
        return applied.FirstOrDefault(migration => !known.Contains(migration)) is { } unknown
            ? StartupErrors.NewerDatabase(Database, unknown)
            : !known.SetEquals(applied);
    }

    private async Task ProveWritableAsync(CancellationToken cancellationToken)
    {
        var probe = Path.Combine(Folder.Path, $".probe-{Guid.NewGuid():N}");
        await File.WriteAllBytesAsync(probe, [1], cancellationToken);
        File.Delete(probe);
    }
}
