using Microsoft.AspNetCore.Http.Features;
using MistralStudio.Web.Security;

namespace MistralStudio.Web.Hosting;

/// <summary>
/// Answers a body that is longer than it may be in words also where nobody reads it but the binding of an endpoint, and lets the rest of it come in, to
/// be dropped: whoever is still sending when the connection is closed under them sees it broken in the place of the answer (RFC 9112, section 9.6). The
/// server waits for the rest as long as for any body that nobody reads.
/// </summary>
internal sealed class RefusedBody(RequestDelegate next)
{
    // More than this is not worth receiving to be polite.
    private const long Most = 32L << 20;

    public async Task InvokeAsync(HttpContext http)
    {
        try
        {
            await next(http);
        }
        finally
        {
            LetIn(http);
        }

        if (http.Response is { HasStarted: false, StatusCode: StatusCodes.Status413PayloadTooLarge, ContentType: null })
        {
            await ErrorResults.WriteAsync(http, RequestErrors.TooLarge());
        }
    }

    private static void LetIn(HttpContext http)
    {
        if (http.Request.ContentLength is <= Most and var length
            && http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false, MaxRequestBodySize: { } allowed } limit && length > allowed)
        {
            limit.MaxRequestBodySize = length;
        }
    }
}
