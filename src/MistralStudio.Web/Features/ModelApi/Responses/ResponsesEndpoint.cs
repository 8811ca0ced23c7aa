using Microsoft.AspNetCore.Mvc;
using MistralStudio.Core.Models;

namespace MistralStudio.Web.Features.ModelApi.Responses;

/// <summary><c>POST /v1/responses</c>: OpenAI's Responses API without storage.</summary>
internal static class ResponsesEndpoint
{
    public static async Task AnswerAsync(HttpContext http, [FromServices] IModelRouter router, TimeProvider time)
    {
        var (body, unreadable) = await RequestBody.ReadAsync<ResponsesRequest>(http);
        var (request, refused) = body is null ? (null, unreadable) : ResponsesReader.Read(body);
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

        request.Options.StreamsCalls = body!.Stream is true && request.Options.Tools is not null ? true : null;
        var answer = model.Chat.GetStreamingResponseAsync(request.Messages, request.Options, http.RequestAborted);
        var writer = new ResponsesWriter(http, body, model.Id, time.GetUtcNow().ToUnixTimeSeconds());
        await (body.Stream is true ? writer.WriteStreamAsync(answer) : writer.WriteWholeAsync(answer));
    }
}
