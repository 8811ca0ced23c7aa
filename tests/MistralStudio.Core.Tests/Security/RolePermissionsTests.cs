using System.Reflection;
using MistralStudio.Core.Security;

namespace MistralStudio.Core.Tests.Security;

public sealed class RolePermissionsTests
{
    [Fact]
    public void EveryPermissionThatExists_IsGrantedToTheOwner()
    {
        var declared = typeof(Permissions).GetFields(BindingFlags.Public | BindingFlags.Static).Select(field => (string)field.GetRawConstantValue()!);
        Assert.Equal(declared.Order(StringComparer.Ordinal), RolePermissions.Of(Role.Owner).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(Role.Viewer, Permissions.AppsUse, true)]
    [InlineData(Role.Viewer, Permissions.ModelsUse, false)]
    [InlineData(Role.Member, Permissions.ModelsUse, true)]
    [InlineData(Role.Member, Permissions.KnowledgeWrite, false)]
    [InlineData(Role.Builder, Permissions.AppsPublish, true)]
    [InlineData(Role.Builder, Permissions.MembersManage, false)]
    [InlineData(Role.Admin, Permissions.MembersManage, true)]
    [InlineData(Role.Admin, Permissions.EgressAllow, false)]
    [InlineData(Role.Owner, Permissions.EgressAllow, true)]
    [InlineData(Role.Owner, "everything", false)]
    public void Grants_FollowsTheTable(Role role, string permission, bool granted) =>
        Assert.Equal(granted, RolePermissions.Grants(role, permission));
}
