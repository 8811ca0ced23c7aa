using Microsoft.AspNetCore.Mvc;
using MistralStudio.Core.Models;

namespace MistralStudio.Web.Features.ModelApi;

/// <summary><c>POST /v1/completions</c> and Mistral's <c>POST /v1/fim/completions</c>: texts instead of conversations.</summary>
internal static class CompletionEndpoints
{
    public static Task CompleteAsync(HttpContext http, [FromServices] IModelRouter router, TimeProvider time) =>
        AnswerAsync<CompletionRequest>(http, router, CompletionReader.Read, (body, request, model, id) =>
        {
            var answers = TextAnswers.CompleteAsync(model, request, body.N ?? 1, body.Echo is true, http.RequestAborted);
            var writer = new CompletionWriter(http, id, time.GetUtcNow().ToUnixTimeSeconds());
            return body.Stream is true ? writer.WriteStreamAsync(answers, body.StreamOptions?.IncludeUsage is true) : writer.WriteWholeAsync(answers);
        });

    public static Task FillAsync(HttpContext http, [FromServices] IModelRouter router, TimeProvider time) =>
        AnswerAsync<FimRequest>(http, router, CompletionReader.Read, (body, request, model, id) =>
        {
            // Mistral answers in the shape of a chat.
            var answer = model.CompleteAsync(request.Prompts[0], request.Options, http.RequestAborted);
            var writer = new ChatCompletionWriter(http, id, time.GetUtcNow().ToUnixTimeSeconds());
            return body.Stream is true ? writer.WriteStreamAsync(answer, includeUsage: false, wholeCalls: true) : writer.WriteWholeAsync(answer);
        });

    // What both dialects share: the body is read and checked, and its model found, or the first thing that is wrong is said.
    private static async Task AnswerAsync<TBody>(
        HttpContext http,
        IModelRouter router,
        Func<TBody, (TextRequest? Request, ApiError? Error)> read,
        Func<TBody, TextRequest, ITextCompletion, string, Task> answer)
        where TBody : class
    {
        var (body, unreadable) = await RequestBody.ReadAsync<TBody>(http);
        var (request, refused) = body is null ? (null, unreadable) : read(body);
        if (request is null)
        {
            await refused!.WriteAsync(http);
            return;
        }

        var (model, id, missing) = await ModelLookup.FindTextAsync(http, router, request.Model, request.Options);
        await (model is null ? missing!.WriteAsync(http) : answer(body!, request, model, id));
    }
}
