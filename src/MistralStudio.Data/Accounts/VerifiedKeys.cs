using System.Collections.Concurrent;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Security;
using MistralStudio.Data.Storage;

namespace MistralStudio.Data.Accounts;

/// <summary>
/// Keys that were found good, for as long as nothing at all was written to the database since, by whichever process: a key that is revoked, or
/// whose creator is demoted, suspended or removed, is asked of the database again with the very next request. Only hashes of tokens are kept.
/// </summary>
internal sealed class VerifiedKeys(IDatabaseVersion version)
{
    private const int Most = 1000;

    private readonly ConcurrentDictionary<string, Verified> _keys = new(StringComparer.Ordinal);

    /// <summary>What an answer read from now on is remembered under; null where it must not be remembered.</summary>
    public long? Version => version.Read();

    /// <summary>A key that is good at this moment; null where the database must be asked.</summary>
    /// <param name="now">A key that has expired is not good, though nothing was written.</param>
    public VerifiedKey? Find(string hash, DateTimeOffset now) =>
        _keys.TryGetValue(hash, out var known) && known.Version == version.Read() && !(known.Key.ExpiresAt <= now) ? known.Key : null;

    /// <summary>Remembers a key.</summary>
    /// <param name="readAt">The version before it was read: what was written while it was read counts as well.</param>
    public void Add(string hash, VerifiedKey key, long readAt)
    {
        if (_keys.Count >= Most)
        {
            _keys.Clear();
        }

        _keys[hash] = new(key, readAt);
    }

    private sealed record Verified(VerifiedKey Key, long Version);
}

/// <summary>A key that was found good.</summary>
/// <param name="NotedAt">When its use was noted last.</param>
internal sealed record VerifiedKey(ApiKeyId Id, Caller Caller, DateTimeOffset? ExpiresAt, DateTimeOffset NotedAt);
