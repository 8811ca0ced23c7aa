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
            await ProveWritableAsync(Folder.Path, cancellationToken);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return StartupErrors.Of(exception, Folder.Path);
        }

        try
        {
            if (Folder.SharedPath is { } shared)
            {
                await ProveWritableAsync(shared, cancellationToken);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return StartupErrors.NotShared(Folder.SharedPath!);
        }

        try
        {
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

    /// <summary>Until it is disposed, of the processes that start together none but this one sets the studio up.</summary>
    public virtual Task<IAsyncDisposable?> TakeSetupAsync(CancellationToken cancellationToken) => Task.FromResult<IAsyncDisposable?>(null);

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

    private static async Task ProveWritableAsync(string path, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(path);
        var probe = Path.Combine(path, $".probe-{Guid.NewGuid():N}");
        await File.WriteAllBytesAsync(probe, [1], cancellationToken);
        File.Delete(probe);
    }
}
