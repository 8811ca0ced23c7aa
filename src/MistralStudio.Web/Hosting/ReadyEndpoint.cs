using Microsoft.AspNetCore.Authentication;
using MistralStudio.Core;
using MistralStudio.Web.Security;

namespace MistralStudio.Web.Hosting;

/// <summary><c>/readyz</c>: 200 once every part does its work, 503 until then; which part is missing what, only with a key.</summary>
internal static class ReadyEndpoint
{
    public static void MapReady(this IEndpointRouteBuilder app) => app.MapGet("/readyz", (Delegate)AnswerAsync).AllowAnonymous().ExcludeFromDescription();

    /// <summary>Whether it is ready, and no more.</summary>
    public static async Task AnswerShortAsync(HttpContext http) => await Short(await CheckAsync(http)).ExecuteAsync(http);

    private static async Task<IResult> AnswerAsync(HttpContext http)
    {
        var answer = await CheckAsync(http);
        return (await http.AuthenticateAsync(ApiKeyAuthentication.SchemeName)).Succeeded ? Results.Json(answer, statusCode: StatusOf(answer)) : Short(answer);
    }

    private static IResult Short(ReadyAnswer answer) => Results.Text(answer.Ready ? "ok" : "not ready", statusCode: StatusOf(answer));

    private static int StatusOf(ReadyAnswer answer) => answer.Ready ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;

    private static async Task<ReadyAnswer> CheckAsync(HttpContext http)
    {
        http.Response.Headers.CacheControl = "no-store";
        var states = new List<ReadyPart>();
        foreach (var part in http.RequestServices.GetServices<IReadiness>())
        {
            var missing = await part.CheckAsync(http.RequestAborted);
            states.Add(new(part.Part, missing is null, missing?.Code, missing?.ToString()));
        }

        return new(states.TrueForAll(part => part.Ready), states);
    }
}

/// <summary>What a key is told.</summary>
internal sealed record ReadyAnswer(bool Ready, IReadOnlyList<ReadyPart> Parts);

/// <summary>One part of the studio.</summary>
/// <param name="Code">What is missing; null where it is ready.</param>
/// <param name="Message">The same as a sentence.</param>
internal sealed record ReadyPart(string Part, bool Ready, string? Code, string? Message);
