using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Security;

namespace MistralStudio.Core.Tests.Flows;

public sealed class BookmarkTests
{
    [Theory]
    [InlineData("", "eve@example.org", Role.Member, true)]
    [InlineData("role:builder", "eve@example.org", Role.Member, false)]
    [InlineData("role:builder", "eve@example.org", Role.Builder, true)]
    [InlineData("role:builder", "eve@example.org", Role.Owner, true)]
    [InlineData("ada@example.org", "ADA@example.org", Role.Member, true)]
    [InlineData("ada@example.org", "eve@example.org", Role.Owner, false)]
    [InlineData("ada@example.org,role:admin", "eve@example.org", Role.Admin, true)]
    [InlineData("role:emperor", "eve@example.org", Role.Owner, false)]
    [InlineData("ada@example.org", null, Role.Owner, false)]
    public void ADecision_IsForThoseWhoAreNamed(string who, string? email, Role role, bool allows)
    {
        var bookmark = new Bookmark(BookmarkId.New(), BookmarkKind.Approval) { Who = who.Split(',', StringSplitOptions.RemoveEmptyEntries) };

        Assert.Equal(allows, bookmark.Allows(email, role));
        Assert.False((bookmark with { Kind = BookmarkKind.Timer }).Allows(email, role));
    }
}
