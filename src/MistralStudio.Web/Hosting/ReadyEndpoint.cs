using Microsoft.AspNetCore.Authentication;
using MistralStudio.Core;
using MistralStudio.Web.Security;

namespace MistralStudio.Web.Hosting;

/// <summary><c>/readyz</c>: 200 once every part does its work, 503 until then; which part is missing what, only with a key.</summary>
internal static class ReadyEndpoint
{
    public static void MapReady(this IEndpointRouteBuilder app) => app.MapGet("/readyz", AnswerAsync).AllowAnonymous().ExcludeFromDescription();

    private static async Task<IResult> AnswerAsync(HttpContext http, IEnumerable<IReadiness> parts)
    {
        var states = new List<ReadyPart>();
        foreach (var part in parts)
        {
            var missing = await part.CheckAsync(http.RequestAborted);
            states.Add(new(part.Part, missing is null, missing?.Code, missing?.ToString()));
        }

        var ready = states.TrueForAll(part => part.Ready);
        var status = ready ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        http.Response.Headers.CacheControl = "no-store";
        return (await http.AuthenticateAsync(ApiKeyAuthentication.SchemeName)).Succeeded
            ? Results.Json(new ReadyAnswer(ready, states), statusCode: status)
            : Results.Text(ready ? "ok" : "not ready", statusCode: status);
    }
}

/// <summary>What a key is told.</summary>
internal sealed record ReadyAnswer(bool Ready, IReadOnlyList<ReadyPart> Parts);

/// <summary>One part of the studio.</summary>
/// <param name="Code">What is missing; null where it is ready.</param>
/// <param name="Message">The same as a sentence.</param>
internal sealed record ReadyPart(string Part, bool Ready, string? Code, string? Message);
