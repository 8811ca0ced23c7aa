using MistralStudio.Core.Ids;
using MistralStudio.Core.Security;
using MistralStudio.Web.Layout;

namespace MistralStudio.Web.Tests;

/// <summary>Where a page is and for whom, without a server.</summary>
public static class Scopes
{
    /// <summary>The owner of a workspace "Contracts".</summary>
    public static WorkspaceScope Owner { get; } = Of(WorkspaceId.New(), UserId.New(), Role.Owner);

    /// <summary>Somebody in the workspace "Contracts".</summary>
    public static WorkspaceScope Of(WorkspaceId workspace, UserId user, Role role) =>
        new(new Caller(workspace, user, RolePermissions.Of(role)), "contracts", "Contracts", role, "Ada", "ada@example.com");
}
