using MistralStudio.Core;

namespace MistralStudio.Data.Startup;

/// <summary>
/// One process serves a data folder at a time: a second one would go on with the first one's work. Commands need no turn; the database is safe
/// for them.
/// </summary>
public sealed class ServingTurn : IDisposable
{
    // Others may be uploading to a shared folder now; no upload takes so long.
    private static readonly TimeSpan s_longestUpload = TimeSpan.FromDays(1);

    private readonly FileStream _held;

    private ServingTurn(FileStream held) => _held = held;

    /// <summary>Takes the turn, and removes what the uploads of a killed process left: nobody is uploading yet, in a folder of its own.</summary>
    public static Result<ServingTurn> Take(DataFolder folder)
    {
        try
        {
            if (FileLock.TryTake(Path.Combine(folder.Path, "serving.lock")) is not { } held)
            {
                return StartupErrors.Served(folder.Path);
            }

            foreach (var leftover in Directory.Exists(folder.Incoming) ? Directory.EnumerateFiles(folder.Incoming) : [])
            {
                if (!folder.IsShared || TimeProvider.System.GetUtcNow().UtcDateTime - File.GetLastWriteTimeUtc(leftover) > s_longestUpload)
                {
                    File.Delete(leftover);
                }
            }

            return new ServingTurn(held);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return StartupErrors.Of(exception, folder.Path);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _held.Dispose();
}
