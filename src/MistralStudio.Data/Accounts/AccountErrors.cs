using MistralStudio.Core;

namespace MistralStudio.Data.Accounts;

/// <summary>Expected failures of accounts, invites and keys.</summary>
public static class AccountErrors
{
    public static Error OwnerExists() => new(
        "account.owner_exists", "This studio has an owner already.", "Sign in, or ask the owner for an invite.");

    public static Error MemberNotFound() => new(
        "account.member_not_found", "This person is not a member of the workspace.", "Reload the list: somebody may have removed them.");

    public static Error LastOwner() => new(
        "account.last_owner", "This is the workspace's last Owner.", "Make somebody else Owner first.");

    public static Error Conflict() => new(
        "account.conflict", "Somebody else changed this member meanwhile.", "Read the member again, then make your change on what you see.");

    public static Error InviteUnusable() => new(
        "account.invite_unusable", "This invite was used already, has expired, or never existed.", "Ask whoever invited you for a new one.");

    public static Error EmailTaken() => new(
        "account.email_taken", "These details do not open an account here.", "Check the address and the password; if you have an account, use its password.");

    public static Error KeyNotFound() => new(
        "account.key_not_found", "This key does not exist in the workspace.", "Reload the list: somebody may have removed it.");

    public static Error UnknownScope(string scope) => new(
        "account.unknown_scope", $"There is no scope \"{scope}\".", "Use names of the permission table, such as models:use or knowledge:search.");
}
