using MistralStudio.Core;
using MistralStudio.Core.Security;
using MistralStudio.Data.Accounts;

namespace MistralStudio.Web.Features.Settings;

/// <summary>What a new key may be: named, and no mightier than who makes it.</summary>
internal static class KeyRights
{
    private const int MaxNameLength = 80;

    /// <summary>Why the key is not made; null where it may be.</summary>
    public static Error? Check(Caller caller, string name, IReadOnlyCollection<string> scopes) =>
        name.Trim().Length is 0 or > MaxNameLength ? SettingsErrors.NoName()
        : scopes.Count == 0 ? SettingsErrors.NoScopes()
        : scopes.FirstOrDefault(scope => !RolePermissions.All.Contains(scope)) is { } unknown ? AccountErrors.UnknownScope(unknown)
        : !scopes.All(caller.May) ? SettingsErrors.NotAllowed()
        : null;

    /// <summary>Whose keys the caller sees and ends: everybody's (null) for who manages keys, their own otherwise.</summary>
    public static Core.Ids.UserId? Whose(Caller caller) => caller.May(Permissions.KeysManage) ? null : caller.User;
}
