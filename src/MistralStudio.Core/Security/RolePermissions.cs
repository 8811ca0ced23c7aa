using System.Collections.Frozen;
using static MistralStudio.Core.Security.Permissions;

namespace MistralStudio.Core.Security;

/// <summary>A member's part in a workspace; each role has all rights of the roles before it.</summary>
public enum Role
{
    /// <summary>Opens what others made.</summary>
    Viewer = 0,

    /// <summary>Uses models, knowledge and flows.</summary>
    Member = 1,

    /// <summary>Makes and publishes.</summary>
    Builder = 2,

    /// <summary>Governs people, models and keys.</summary>
    Admin = 3,

    /// <summary>Owns the workspace itself.</summary>
    Owner = 4,
}

/// <summary>What each <see cref="Role"/> may do.</summary>
public static class RolePermissions
{
    private static readonly string[][] s_addedByRole =
    [
        [AppsUse, PromptsRead, FlowsRead, KnowledgeRead, ModelsRead, EvaluationsRead],
        [ModelsUse, KnowledgeSearch, FlowsRun, RunsDecide, RunsRead],
        [
            PromptsWrite, KnowledgeWrite, FlowsWrite, AppsWrite, DatasetsWrite, EvaluationsRun, RunsReadAll, KeysOwn,
            PromptsPublish, FlowsPublish, AppsPublish,
        ],
        [ModelsManage, ConnectionsManage, MembersManage, KeysManage, AuditRead, UsageRead, WorkspaceManage],
        [EgressAllow, WorkspaceDelete, WorkspaceTransfer],
    ];

    private static readonly FrozenSet<string>[] s_byRole =
        [.. Enumerable.Range(0, s_addedByRole.Length).Select(role => s_addedByRole.Take(role + 1).SelectMany(added => added).ToFrozenSet(StringComparer.Ordinal))];

    /// <summary>Every permission that exists; also the scopes that a key may carry.</summary>
    public static FrozenSet<string> All => s_byRole[^1];

    /// <summary>The permissions of a role.</summary>
    public static FrozenSet<string> Of(Role role) => s_byRole[(int)role];

    /// <summary>True where the role grants the permission; false for a permission that does not exist.</summary>
    public static bool Grants(Role role, string permission) => Of(role).Contains(permission);
}
