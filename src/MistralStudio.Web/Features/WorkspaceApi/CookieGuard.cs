using Microsoft.AspNetCore.Antiforgery;
using MistralStudio.Core;
using MistralStudio.Web.Security;

namespace MistralStudio.Web.Features.WorkspaceApi;

/// <summary>Guards what a page sends with its cookie: another site could make the browser send it too. A key is not sent by itself.</summary>
internal static class CookieGuard
{
    /// <summary>Refuses changes by cookie whose antiforgery header is absent or wrong; the body is never looked at for a token.</summary>
    public static RouteGroupBuilder GuardCookies(this RouteGroupBuilder group)
    {
        group.AddEndpointFilter(async (context, next) =>
        {
            var http = context.HttpContext;
            if (HttpMethods.IsGet(http.Request.Method) || ApiKeyAuthentication.TokenOf(http.Request) is not null)
            {
                return await next(context);
            }

            var antiforgery = http.RequestServices.GetRequiredService<IAntiforgery>();
            var header = antiforgery.GetTokens(http).HeaderName;
            var genuine = header is not null && http.Request.Headers.ContainsKey(header) && await antiforgery.IsRequestValidAsync(http);
            return genuine ? await next(context) : ErrorResults.From(TokenMissing());
        });
        return group;
    }

    private static Error TokenMissing() => new(
        "request.token_missing", "This request did not come from a page of the studio, or the page is too old.", "Reload the page and try again.");
}
