using System.Net;
using Microsoft.Extensions.Primitives;
using MistralStudio.Core;
using MistralStudio.Web.Hosting;

namespace MistralStudio.Web.Security;

/// <summary>
/// The names that the studio answers to: this machine's own, those that it listens on, and <c>Studio:PublicUrl</c>. A page of another site
/// could otherwise have its own name lead to this machine, and read what it answers.
/// </summary>
internal static class OwnNames
{
    /// <summary>Refuses other names and says in one line what to do; after the headers of known proxies were read.</summary>
    public static IApplicationBuilder UseOwnNames(this IApplicationBuilder app, StudioOptions studio)
    {
        List<StringSegment> names = [.. Of(studio)];
        return app.Use(async (http, next) =>
        {
            var host = http.Request.Host.Host;
            if (host.Length > 0 && HostString.MatchesAny(host, names))
            {
                await next(http);
                return;
            }

            http.Response.StatusCode = StatusCodes.Status400BadRequest;
            http.Response.ContentType = "text/plain; charset=utf-8";
            await http.Response.WriteAsync(OwnNameErrors.Unknown(host, studio.OpenUrl).ToString(), http.RequestAborted);
        });
    }

    private static IEnumerable<StringSegment> Of(StudioOptions studio)
    {
        string[] own = ["localhost", "127.0.0.1", "[::1]"];
        var named = studio.Addresses.Select(address => Uri.TryCreate(address, UriKind.Absolute, out var uri) ? uri.Host : "").Where(host => host.Length > 0 && !IsAny(host));
        return own.Concat(named).Concat(studio.PublicUrl is { } open ? [open.Host] : []).Distinct(StringComparer.OrdinalIgnoreCase).Select(name => new StringSegment(name));
    }

    private static bool IsAny(string host) => IPAddress.TryParse(host.Trim('[', ']'), out var ip) && (ip.Equals(IPAddress.Any) || ip.Equals(IPAddress.IPv6Any));
}

/// <summary>Expected failures of names.</summary>
internal static class OwnNameErrors
{
    public static Error Unknown(string host, Uri own) => new(
        "access.unknown_host",
        $"The studio does not answer to the name \"{new string([.. host.Where(c => !char.IsControl(c)).Take(100)])}\".",
        $"Open {own}, or have the operator set Studio:PublicUrl (Studio__PublicUrl) to the address that people open.");

    public static Error NotNamed(string urls) => new(
        "setting.public_url_missing",
        $"It listens on {urls}, but answers to localhost alone.",
        "Set Studio:PublicUrl (Studio__PublicUrl) to the address that people open, such as http://192.168.1.20:5080.");
}
