using System.CommandLine;
using System.Reflection;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using MistralStudio.Core.Security;
using MistralStudio.Web.Hosting;
using MistralStudio.Web.Security;

namespace MistralStudio.Web.Tests.Security;

/// <summary>Finds what names no permission. Being open to all counts as a name only for what is listed here.</summary>
internal static class NamedPermissions
{
    private static readonly string[] s_pagesForAll =
        ["/setup", "/sign-in", "/invite/{Token}", "/s/{Token}", "/forbidden", "/not-found"];

    private static readonly string[] s_addressesForAll =
        ["/", "/healthz", "/readyz", "/sign-out", "/sign-out/everywhere", "/hooks/{id:guid}", "/openapi/{documentName}.json", "/api/{**path}", .. s_pagesForAll];

    // Assets, the reference with its script, and the framework's socket and scripts.
    private static readonly string[] s_filesForAll = ["/docs", "/_blazor", "/_framework", "/_content", "/{**path:file}"];

    /// <summary>Endpoints, pages among them.</summary>
    public static IEnumerable<string> FindNameless(IEnumerable<Endpoint> endpoints) => endpoints.OfType<RouteEndpoint>()
        .Where(endpoint => !endpoint.Metadata.OfType<RequirePermissionAttribute>().Any(named => RolePermissions.All.Contains(named.Permission)))
        .Select(endpoint => (Pattern: $"/{endpoint.RoutePattern.RawText!.TrimStart('/')}", IsFile: endpoint.Metadata.Any(data => data.GetType().Name == "StaticAssetDescriptor")))
        .Where(found => !found.IsFile && !s_addressesForAll.Contains(found.Pattern)
            && !s_filesForAll.Any(files => found.Pattern == files || found.Pattern.StartsWith(files + "/", StringComparison.Ordinal)))
        .Select(found => found.Pattern);

    /// <summary>Pages; a circuit authorises by their attributes alone.</summary>
    public static IEnumerable<string> FindNamelessPages(IEnumerable<Type> types) => types
        .SelectMany(page => page.GetCustomAttributes<RouteAttribute>().Select(route => (Page: page, route.Template)))
        .Where(found => found.Page.GetCustomAttribute<AllowAnonymousAttribute>() is not null
            ? !s_pagesForAll.Contains(found.Template)
            : found.Page.GetCustomAttribute<RequirePermissionAttribute>() is not { } named || !RolePermissions.All.Contains(named.Permission))
        .Select(found => found.Template);

    /// <summary>Methods of hubs of our own.</summary>
    public static IEnumerable<string> FindNamelessHubMethods(IEnumerable<Type> types) => types
        .Where(type => type.IsSubclassOf(typeof(Microsoft.AspNetCore.SignalR.Hub)))
        .SelectMany(hub => hub.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly))
        .Where(method => method.GetCustomAttribute<RequirePermissionAttribute>() is null && method.DeclaringType!.GetCustomAttribute<RequirePermissionAttribute>() is null)
        .Select(method => $"{method.DeclaringType!.Name}.{method.Name}");

    /// <summary>Commands that do something.</summary>
    public static IEnumerable<string> FindNamelessCommands(Command command, string[] harmless) => command.Subcommands
        .SelectMany(sub => sub.Subcommands.Count > 0
            ? FindNamelessCommands(sub, harmless)
            : sub is OperatorCommand { Permission: { } permission } && RolePermissions.All.Contains(permission) || sub is OperatorCommand { Permission: null } && harmless.Contains(sub.Name)
                ? []
                : [sub.Name]);
}
