using MistralStudio.Core.Ids;

namespace MistralStudio.Core.Security;

/// <summary>Who may change whom: nobody touches people, or hands out rights, above their own role.</summary>
public static class MemberRights
{
    /// <summary>The roles that somebody of this role may hand out: up to their own, and none where they do not govern members.</summary>
    public static IReadOnlyList<Role> Grantable(Role acting) =>
        RolePermissions.Grants(acting, Permissions.MembersManage) ? [.. Enum.GetValues<Role>().Where(role => role <= acting)] : [];

    /// <summary>True where a person may change or remove a member; never themselves, lest they lock themselves out.</summary>
    public static bool MayChange(UserId person, Role acting, UserId member, Role role) =>
        RolePermissions.Grants(acting, Permissions.MembersManage) && member != person && role <= acting;
}
