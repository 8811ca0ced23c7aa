using Microsoft.AspNetCore.Antiforgery;
using MistralStudio.Core;
using MistralStudio.Web.Hosting;

namespace MistralStudio.Web.Features.KnowledgeApi;

/// <summary>Guards what a page sends with its cookie: another site could make the browser send it too.</summary>
internal static class BrowserUpload
{
    // A multipart body is read once, by the upload itself: the token comes by this header only, never from the form.
    private const string Header = "RequestVerificationToken";

    /// <summary>Refuses a request whose antiforgery token is absent or wrong.</summary>
    public static TBuilder RequireAntiforgeryHeader<TBuilder>(this TBuilder endpoint)
        where TBuilder : IEndpointConventionBuilder => endpoint.AddEndpointFilter(async (context, next) =>
        {
            var http = context.HttpContext;
            var antiforgery = http.RequestServices.GetRequiredService<IAntiforgery>();
            var genuine = http.Request.Headers.ContainsKey(Header) && await antiforgery.IsRequestValidAsync(http);
            return genuine ? await next(context) : ErrorResults.From(PageTooOld());
        });

    private static Error PageTooOld() => new(
        "upload.token_missing", "This request did not come from a page of the studio, or the page is too old.", "Reload the page and try again.");
}
