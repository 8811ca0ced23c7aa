using System.Reflection;
using Microsoft.AspNetCore.Components;
using MistralStudio.Web.Layout;
using MistralStudio.Web.Security;

namespace MistralStudio.Web.Tests;

public sealed class PageRouteTests
{
    private static readonly (Type Page, string Route)[] s_pages =
    [
        .. typeof(Routes).Assembly.GetTypes().SelectMany(page => page.GetCustomAttributes<RouteAttribute>().Select(route => (page, route.Template)))
            .Where(found => found.Template.StartsWith("/w/", StringComparison.Ordinal)),
    ];

    [Fact]
    public void PagesOfAWorkspace_NameItAsAuthorisationReadsIt()
    {
        Assert.NotEmpty(s_pages);
        // By another name the permission would be looked up in the person's first workspace instead of the one in the address.
        Assert.All(s_pages, found => Assert.StartsWith($"/w/{{{Callers.WorkspaceParameter}}}", found.Route, StringComparison.Ordinal));
    }
}
