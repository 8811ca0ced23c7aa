using System.Buffers.Text;
using System.Security.Cryptography;
using Microsoft.Net.Http.Headers;
using MistralStudio.Web.Hosting;

namespace MistralStudio.Web.Security;

/// <summary>What a browser may do with our pages: headers of every answer, and whose pages may open a circuit.</summary>
public static class BrowserRules
{
    private static readonly object s_nonce = new();

    /// <summary>The nonce that this answer's own scripts and styles carry.</summary>
    public static string GetCspNonce(this HttpContext http)
    {
        if (http.Items[s_nonce] is not string nonce)
        {
            http.Items[s_nonce] = nonce = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16));
        }

        return nonce;
    }

    /// <summary>Sends the headers, and refuses circuits that another site's page asks for.</summary>
    public static IApplicationBuilder UseBrowserRules(this IApplicationBuilder app, StudioOptions studio) => app.Use(async (http, next) =>
    {
        if (http.Request.Path.StartsWithSegments("/_blazor") && !IsOwnOrigin(http.Request, studio))
        {
            http.Response.StatusCode = StatusCodes.Status403Forbidden;
            return;
        }

        var headers = http.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "same-origin";
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers.ContentSecurityPolicy = http.Request.Path.StartsWithSegments("/pdf")
            // The thread that reads PDF files: its decoders of pictures are WebAssembly. It has no page and nothing of a session to lose.
            ? "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; frame-ancestors 'none'"
            : $"default-src 'self'; script-src 'self' 'nonce-{http.GetCspNonce()}'; style-src 'self' 'nonce-{http.GetCspNonce()}'; "
            + "style-src-attr 'unsafe-inline'; worker-src 'self' blob:; connect-src 'self'; object-src 'none'; base-uri 'none'; "
            + "form-action 'self'; frame-ancestors 'none'";
        await next(http);
    });

    /// <summary>
    /// Leads Blazor's relative addresses to its endpoints: <c>base-uri 'none'</c> keeps pages from naming a base, so that a browser asks
    /// for <c>/w/{slug}/_blazor</c>.
    /// </summary>
    public static IApplicationBuilder UseRootedCircuits(this IApplicationBuilder app) => app.Use((http, next) =>
    {
        var path = http.Request.Path.Value ?? "";
        foreach (var rooted in (ReadOnlySpan<string>)["/_blazor", "/_framework/"])
        {
            if (path.IndexOf(rooted, StringComparison.Ordinal) is > 0 and var at)
            {
                http.Request.Path = path[at..];
                break;
            }
        }

        return next(http);
    });

    private static bool IsOwnOrigin(HttpRequest request, StudioOptions studio)
    {
        var origin = request.Headers[HeaderNames.Origin].ToString();
        return origin.Length == 0
            || (Uri.TryCreate(origin, UriKind.Absolute, out var uri)
                && (uri.Authority.Equals(request.Host.Value, StringComparison.OrdinalIgnoreCase)
                    || (studio.PublicUrl is { } open && uri.Authority.Equals(open.Authority, StringComparison.OrdinalIgnoreCase))));
    }
}
