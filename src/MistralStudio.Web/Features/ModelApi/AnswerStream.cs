using Microsoft.Extensions.AI;
using MistralStudio.Core.Models;

namespace MistralStudio.Web.Features.ModelApi;

/// <summary>How one dialect tells an answer as it is made.</summary>
internal interface IAnswerDialect
{
    /// <summary>Tells what an update brings; the first one begins the answer.</summary>
    void Write(ChatResponseUpdate update, EventStream events);

    /// <summary>Tells the end.</summary>
    void End(EventStream events);

    /// <summary>Tells that it broke off.</summary>
    void Fail(ApiError error, EventStream events);
}

/// <summary>Sends an answer as server-sent events while it is made.</summary>
internal static class AnswerStream
{
    /// <summary>
    /// Sends updates as they come; those that are ready together go out together. A failure before the first one is a plain response with its
    /// status; one after it is an event, because the status has gone out. Ends at once when the client leaves, which ends the generation.
    /// </summary>
    public static async Task SendAsync(HttpContext http, IAsyncEnumerable<ChatResponseUpdate> answer, IAnswerDialect dialect)
    {
        var cancellationToken = http.RequestAborted;
        using var events = new EventStream(http);
        await using var updates = answer.GetAsyncEnumerator(cancellationToken);
        var begun = false;
        try
        {
            while (true)
            {
                var next = updates.MoveNextAsync();
                if (!next.IsCompleted)
                {
                    await events.FlushAsync(cancellationToken);
                }

                if (!await next)
                {
                    break;
                }

                var update = updates.Current;
                if (!begun)
                {
                    if (update.Contents.Count == 0 && update.Logprobs is null && update.FinishReason is null)
                    {
                        continue;
                    }

                    begun = true;
                    events.Begin();
                }

                dialect.Write(update, events);
            }

            if (!begun)
            {
                events.Begin();
            }

            dialect.End(events);
        }
        catch (ModelException failure) when (!begun)
        {
            await ApiError.From(failure.Error, failure.RetryAfter).WriteAsync(http);
            return;
        }
        catch (ModelException failure)
        {
            dialect.Fail(ApiError.From(failure.Error, failure.RetryAfter), events);
        }

        await events.FlushAsync(cancellationToken);
    }
}
