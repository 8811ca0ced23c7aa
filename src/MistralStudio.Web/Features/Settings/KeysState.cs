using MistralStudio.Core;
using MistralStudio.Core.Security;
using MistralStudio.Data.Accounts;
using MistralStudio.Web.Layout;

namespace MistralStudio.Web.Features.Settings;

/// <summary>API keys of a workspace: all of them for who manages keys, one's own otherwise.</summary>
public sealed class KeysState(ApiKeyStore keys, TimeProvider time, WorkspaceScope scope)
{
    private static readonly string[] s_usual =
    [
        Permissions.ModelsRead, Permissions.ModelsUse, Permissions.KnowledgeRead, Permissions.KnowledgeSearch, Permissions.KnowledgeWrite,
        Permissions.AppsUse, Permissions.AppsWrite, Permissions.AppsPublish,
    ];

    /// <summary>Newest first; null before <see cref="LoadAsync"/>.</summary>
    public IReadOnlyList<ApiKey>? Keys { get; private set; }

    /// <summary>Name of the key about to be made.</summary>
    public string Name { get; set; } = "";

    /// <summary>Scopes of the key about to be made.</summary>
    public HashSet<string> Scopes { get; } = new(StringComparer.Ordinal);

    /// <summary>Days until the key about to be made ends; 0 for never.</summary>
    public int Days { get; set; } = 90;

    /// <summary>The token of a key made just now; it cannot be shown again.</summary>
    public string? NewToken { get; private set; }

    /// <summary>Name of the key behind <see cref="NewToken"/>.</summary>
    public string? NewName { get; private set; }

    /// <summary>What went wrong last; null where nothing did.</summary>
    public Error? Error { get; private set; }

    /// <summary>The scopes that scripts usually need, of those that the person's role grants.</summary>
    public IReadOnlyList<string> Usual { get; } = [.. s_usual.Where(scope.May)];

    /// <summary>The other scopes that the person can give.</summary>
    public IReadOnlyList<string> Others { get; } = [.. scope.Caller.Granted.Except(s_usual).Order(StringComparer.Ordinal)];

    /// <summary>Keys that work.</summary>
    public int ActiveCount => Keys?.Count(IsActive) ?? 0;

    /// <summary>True for a key that is neither revoked nor expired.</summary>
    public bool IsActive(ApiKey key) => key.RevokedAt is null && !(key.ExpiresAt <= time.GetUtcNow());

    /// <summary>Reads the keys.</summary>
    public async Task LoadAsync(CancellationToken cancellationToken) =>
        Keys = await keys.ListAsync(scope.Id, KeyRights.Whose(scope.Caller), cancellationToken);

    /// <summary>Adds or drops a scope of the key about to be made.</summary>
    public void Toggle(string permission, bool chosen)
    {
        if (chosen)
        {
            Scopes.Add(permission);
        }
        else
        {
            Scopes.Remove(permission);
        }
    }

    /// <summary>Makes the key; true where it was made, and <see cref="NewToken"/> shows it.</summary>
    public async Task<bool> CreateAsync(CancellationToken cancellationToken)
    {
        var name = Name.Trim();
        Error = KeyRights.Check(scope.Caller, name, Scopes);
        if (Error is not null)
        {
            return false;
        }

        DateTimeOffset? expires = Days > 0 ? time.GetUtcNow().AddDays(Days) : null;
        var created = await keys.CreateAsync(scope.Id, scope.Person, name, Scopes, expires, cancellationToken);
        Error = created.Error;
        if (!created.IsSuccess)
        {
            return false;
        }

        (NewToken, NewName) = (created.Value.Token, created.Value.Key.Name);
        Name = "";
        Scopes.Clear();
        await LoadAsync(cancellationToken);
        return true;
    }

    /// <summary>Forgets the shown key.</summary>
    public void HideToken() => (NewToken, NewName) = (null, null);

    /// <summary>Ends a key for good; programs that use it stop within seconds.</summary>
    public async Task RevokeAsync(ApiKey key, CancellationToken cancellationToken)
    {
        Error = (await keys.RevokeAsync(scope.Id, key.Id, KeyRights.Whose(scope.Caller), scope.Person, cancellationToken)).Error;
        await LoadAsync(cancellationToken);
    }
}
