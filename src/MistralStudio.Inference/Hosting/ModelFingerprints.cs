using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace MistralStudio.Inference.Hosting;

/// <summary>
/// What tells a model from another under the same id: SHA-256 over the names and contents of its weights and of the files that say how texts are
/// read for them. Read once, and again where one of them changed in length or time, which is looked at once in a second at most: searches ask each time.
/// </summary>
internal sealed class ModelFingerprints(TimeProvider time)
{
    private static readonly TimeSpan s_fresh = TimeSpan.FromSeconds(1);

    private static readonly string[] s_readers = ["*.json", "*.txt"];

    private readonly ConcurrentDictionary<string, (string Stamp, string Fingerprint, long LookedAt)> _known = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _gate = new(1, 1);

    /// <summary>The fingerprint of a model; empty where its files cannot be read.</summary>
    public async Task<string> OfAsync(ModelFolder folder, CancellationToken cancellationToken)
    {
        try
        {
            if (_known.TryGetValue(folder.Path, out var known) && time.GetElapsedTime(known.LookedAt) < s_fresh)
            {
                return known.Fingerprint;
            }

            var now = time.GetTimestamp();
            var files = FilesOf(folder);
            var stamp = string.Join('|', files.Select(file => string.Create(CultureInfo.InvariantCulture, $"{file.Name}:{file.Length}:{file.LastWriteTimeUtc.Ticks}")));
            if (known.Stamp == stamp)
            {
                _known[folder.Path] = known with { LookedAt = now };
                return known.Fingerprint;
            }

            // One at a time: searches that wait for the same model read it once.
            await _gate.WaitAsync(cancellationToken);
            try
            {
                if (!_known.TryGetValue(folder.Path, out known) || known.Stamp != stamp)
                {
                    known = _known[folder.Path] = (stamp, await HashAsync(files, cancellationToken), now);
                }

                return known.Fingerprint;
            }
            finally
            {
                _gate.Release();
            }
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    // What is said about a model (studio.json) and its licence change nothing that it does.
    private static List<FileInfo> FilesOf(ModelFolder folder) =>
    [
        folder.Weights,
        .. s_readers.SelectMany(pattern => new DirectoryInfo(folder.Path).EnumerateFiles(pattern))
            .Where(file => file.Name != ModelCard.FileName).OrderBy(file => file.Name, StringComparer.Ordinal),
    ];

    private static async Task<string> HashAsync(List<FileInfo> files, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in files)
        {
            await using var stream = new FileStream(file.FullName, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1 << 20, useAsync: true);
            hash.AppendData(Encoding.UTF8.GetBytes(file.Extension));
            hash.AppendData(await SHA256.HashDataAsync(stream, cancellationToken));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
