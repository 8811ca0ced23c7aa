using Microsoft.AspNetCore.Mvc;
using MistralStudio.Core.Models;

namespace MistralStudio.Web.Features.ModelApi;

/// <summary><c>POST /v1/chat/completions</c> in OpenAI's and Mistral's dialects.</summary>
internal static class ChatEndpoint
{
    public static async Task AnswerAsync(HttpContext http, [FromServices] IModelRouter router, TimeProvider time)
    {
        var (body, unreadable) = await RequestBody.ReadAsync<ChatCompletionRequest>(http);
        var (request, refused) = body is null ? (null, unreadable) : ChatRequestReader.Read(body);
        if (request is null)
        {
            await refused!.WriteAsync(http);
            return;
        }

        var (model, missing) = await ModelLookup.FindChatAsync(http, router, request.Model, request.Options, request.Messages);
        if (model is null)
        {
            await missing!.WriteAsync(http);
            return;
        }

        var wholeCalls = IsMistral(http, body!);
        request.Options.StreamsCalls = body!.Stream is true && !wholeCalls && request.Options.Tools is not null ? true : null;
        var answer = model.Chat.GetStreamingResponseAsync(request.Messages, request.Options, http.RequestAborted);
        var writer = new ChatCompletionWriter(http, model.Id, time.GetUtcNow().ToUnixTimeSeconds());
        await (body.Stream is true
            ? writer.WriteStreamAsync(answer, body.StreamOptions?.IncludeUsage is true, wholeCalls)
            : writer.WriteWholeAsync(answer));
    }

    // Mistral's clients take each tool call of a chunk for a whole one; they are known by fields that only they send, and by their name.
    private static bool IsMistral(HttpContext http, ChatCompletionRequest body) =>
        body.RandomSeed is not null || body.SafePrompt is not null || http.Request.Headers.UserAgent.ToString().Contains("mistral-client", StringComparison.OrdinalIgnoreCase);
}
