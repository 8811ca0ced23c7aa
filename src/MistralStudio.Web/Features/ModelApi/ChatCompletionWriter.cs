using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.AI;
using MistralStudio.Core.Models;

namespace MistralStudio.Web.Features.ModelApi;

/// <summary>Answers one chat request on the wire, whole or as it is made.</summary>
/// <param name="model">Who answers; its full reference is what the response names.</param>
/// <param name="created">Unix seconds.</param>
internal sealed class ChatCompletionWriter(HttpContext http, ResolvedModel model, long created)
{
    private readonly string _id = "chatcmpl-" + Guid.CreateVersion7().ToString("N");
    private readonly string _fingerprint = "fp_" + typeof(ChatCompletionWriter).Assembly.ManifestModule.ModuleVersionId.ToString("N")[..10];

    /// <summary>Sends the answer when it is whole.</summary>
    public async Task WriteWholeAsync(ChatRequest request, CancellationToken cancellationToken)
    {
        var text = new StringBuilder();
        var end = new AnswerEnd();
        try
        {
            await foreach (var update in model.Chat.GetStreamingResponseAsync(request.Messages, request.Options, cancellationToken))
            {
                text.Append(update.Text);
                end.Note(update);
            }
        }
        catch (ModelException failure)
        {
            await ApiError.From(failure.Error, failure.RetryAfter).WriteAsync(http);
            return;
        }

        var choice = new ChatCompletion.Choice(0, new("assistant", text.ToString()), null, end.FinishReason);
        var completion = new ChatCompletion(_id, "chat.completion", created, model.Id, _fingerprint, [choice], end.Usage);
        await http.Response.WriteAsJsonAsync(completion, ModelApiJson.Options, cancellationToken);
    }

    /// <summary>
    /// Sends the answer token by token as server-sent events. A failure before the first token is a plain response with its status; one after
    /// it is an <c>error</c> in the stream, because the status has gone out.
    /// </summary>
    public async Task WriteStreamAsync(ChatRequest request, bool includeUsage, CancellationToken cancellationToken)
    {
        await using var updates = model.Chat.GetStreamingResponseAsync(request.Messages, request.Options, cancellationToken).GetAsyncEnumerator(cancellationToken);
        var end = new AnswerEnd();
        var begun = false;
        while (true)
        {
            ChatResponseUpdate update;
            try
            {
                if (!await updates.MoveNextAsync())
                {
                    break;
                }

                update = updates.Current;
            }
            catch (ModelException failure) when (!begun)
            {
                await ApiError.From(failure.Error, failure.RetryAfter).WriteAsync(http);
                return;
            }
            catch (ModelException failure)
            {
                await SendAsync(ApiError.From(failure.Error, failure.RetryAfter).ToBody(), cancellationToken);
                return;
            }

            end.Note(update);
            if (update.Text.Length == 0)
            {
                continue;
            }

            if (!begun)
            {
                begun = true;
                await BeginAsync(cancellationToken);
            }

            await SendAsync(Chunk(new(Content: update.Text)), cancellationToken);
        }

        if (!begun)
        {
            await BeginAsync(cancellationToken);
        }

        // Mistral's dialect has no stream_options: its usage comes with the last chunk.
        await SendAsync(Chunk(new(), end.FinishReason) with { Usage = includeUsage ? null : end.Usage }, cancellationToken);
        if (includeUsage)
        {
            await SendAsync(new ChatCompletionChunk(_id, "chat.completion.chunk", created, model.Id, _fingerprint, [], end.Usage), cancellationToken);
        }

        await SendLineAsync("[DONE]"u8.ToArray(), cancellationToken);
    }

    private async Task BeginAsync(CancellationToken cancellationToken)
    {
        http.Response.ContentType = "text/event-stream; charset=utf-8";
        http.Response.Headers.CacheControl = "no-cache";
        http.Response.Headers["X-Accel-Buffering"] = "no";
        http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        await SendAsync(Chunk(new("assistant", "")), cancellationToken);
    }

    private ChatCompletionChunk Chunk(ChatCompletionChunk.WireDelta delta, string? finishReason = null) =>
        new(_id, "chat.completion.chunk", created, model.Id, _fingerprint, [new(0, delta, null, finishReason)]);

    private Task SendAsync(object body, CancellationToken cancellationToken) =>
        SendLineAsync(JsonSerializer.SerializeToUtf8Bytes(body, ModelApiJson.Options), cancellationToken);

    private async Task SendLineAsync(ReadOnlyMemory<byte> json, CancellationToken cancellationToken)
    {
        var body = http.Response.BodyWriter;
        await body.WriteAsync("data: "u8.ToArray(), cancellationToken);
        await body.WriteAsync(json, cancellationToken);
        await body.WriteAsync("\n\n"u8.ToArray(), cancellationToken);
        await body.FlushAsync(cancellationToken);
    }

    /// <summary>How an answer ended, gathered from its updates.</summary>
    private sealed class AnswerEnd
    {
        public string FinishReason { get; private set; } = "stop";

        public WireUsage Usage { get; private set; } = WireUsage.None;

        public void Note(ChatResponseUpdate update)
        {
            if (update.FinishReason is { } reason)
            {
                FinishReason = reason.Value;
            }

            if (update.Contents.OfType<UsageContent>().LastOrDefault() is { } usage)
            {
                Usage = WireUsage.From(usage.Details);
            }
        }
    }
}
