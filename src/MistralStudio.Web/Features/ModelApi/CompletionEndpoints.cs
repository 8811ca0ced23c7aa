using Microsoft.AspNetCore.Mvc;
using MistralStudio.Core.Models;

namespace MistralStudio.Web.Features.ModelApi;

/// <summary><c>POST /v1/completions</c> and Mistral's <c>POST /v1/fim/completions</c>: texts instead of conversations.</summary>
internal static class CompletionEndpoints
{
    public static async Task CompleteAsync(HttpContext http, [FromServices] IModelRouter router, TimeProvider time)
    {
        var (body, unreadable) = await RequestBody.ReadAsync<CompletionRequest>(http);
        var (request, refused) = body is null ? (null, unreadable) : CompletionReader.Read(body);
        if (request is null)
        {
            await refused!.WriteAsync(http);
            return;
        }

        var (model, id, missing) = await ModelLookup.FindTextAsync(http, router, request.Model, request.Options);
        if (model is null)
        {
            await missing!.WriteAsync(http);
            return;
        }

        var answers = TextAnswers.CompleteAsync(model, request, body!.N ?? 1, body.Echo is true, http.RequestAborted);
        var writer = new CompletionWriter(http, id, time.GetUtcNow().ToUnixTimeSeconds());
        await (body.Stream is true ? writer.WriteStreamAsync(answers, body.StreamOptions?.IncludeUsage is true) : writer.WriteWholeAsync(answers));
    }

    public static async Task FillAsync(HttpContext http, [FromServices] IModelRouter router, TimeProvider time)
    {
        var (body, unreadable) = await RequestBody.ReadAsync<FimRequest>(http);
        var (request, refused) = body is null ? (null, unreadable) : CompletionReader.Read(body);
        if (request is null)
        {
            await refused!.WriteAsync(http);
            return;
        }

        var (model, id, missing) = await ModelLookup.FindTextAsync(http, router, request.Model, request.Options);
        if (model is null)
        {
            await missing!.WriteAsync(http);
            return;
        }

        // Mistral answers in the shape of a chat.
        var answer = model.CompleteAsync(request.Prompts[0], request.Options, http.RequestAborted);
        var writer = new ChatCompletionWriter(http, id, time.GetUtcNow().ToUnixTimeSeconds());
        await (body!.Stream is true ? writer.WriteStreamAsync(answer, includeUsage: false, wholeCalls: true) : writer.WriteWholeAsync(answer));
    }
}
