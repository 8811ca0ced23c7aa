using Microsoft.Extensions.AI;
using MistralStudio.Core.Models;

namespace MistralStudio.Web.Features.ModelApi;

/// <summary>Answers a request for completions on the wire, whole or as it is made.</summary>
/// <param name="created">Unix seconds.</param>
internal sealed class CompletionWriter(HttpContext http, string model, long created)
{
    private readonly string _id = "cmpl-" + Guid.CreateVersion7().ToString("N");

    /// <summary>Sends the answers when they are whole.</summary>
    public async Task WriteWholeAsync(IAsyncEnumerable<ChatResponseUpdate> updates)
    {
        try
        {
            var (answers, usage) = await WholeAnswer.ReadAsync(updates, http.RequestAborted);
            var choices = answers.Select((answer, i) => new TextCompletion.Choice(answer.Text, i, LogprobsOf(answer.Logprobs, 0), answer.FinishReason));
            await http.Response.WriteAsJsonAsync(Body([.. choices], usage), ModelApiJson.Options, http.RequestAborted);
        }
        catch (ModelException failure)
        {
            await ApiError.From(failure.Error, failure.RetryAfter).WriteAsync(http);
        }
    }

    /// <summary>Sends the answers token by token as server-sent events.</summary>
    /// <param name="includeUsage">True where a chunk of its own tells the tokens; otherwise the last one does.</param>
    public Task WriteStreamAsync(IAsyncEnumerable<ChatResponseUpdate> updates, bool includeUsage) =>
        AnswerStream.SendAsync(http, updates, new Chunks(this, includeUsage));

    private TextCompletion Body(IReadOnlyList<TextCompletion.Choice> choices, WireUsage? usage = null) =>
        new(_id, "text_completion", created, model, ChatCompletionWriter.Fingerprint, choices, usage);

    private static WireTextLogprobs? LogprobsOf(IReadOnlyList<TokenLogprob>? told, int offset)
    {
        if (told is null)
        {
            return null;
        }

        var offsets = new List<int>(told.Count);
        foreach (var token in told)
        {
            offsets.Add(offset);
            offset += token.Text.Length;
        }

        return new(
            [.. told.Select(token => token.Text)],
            [.. told.Select(token => WireLogprobs.Finite(token.Logprob))],
            [.. told.Select(token => token.Top.DistinctBy(top => top.Text).ToDictionary(top => top.Text, top => WireLogprobs.Finite(top.Logprob), StringComparer.Ordinal))],
            offsets);
    }

    private sealed class Chunks(CompletionWriter writer, bool includeUsage) : IAnswerDialect
    {
        private readonly SortedDictionary<int, (string? Reason, int Offset)> _choices = [];
        private WireUsage _usage = WireUsage.None;

        public void Write(ChatResponseUpdate update, EventStream events)
        {
            _usage = WholeAnswer.FindUsage(update) ?? _usage;
            if (update.Text.Length == 0 && update.Logprobs is null && update.FinishReason is null)
            {
                return;
            }

            var known = _choices.GetValueOrDefault(update.Choice);
            if (update.Text.Length > 0 || update.Logprobs is not null)
            {
                events.Add(writer.Body([new(update.Text, update.Choice, LogprobsOf(update.Logprobs, known.Offset), null)]));
            }

            _choices[update.Choice] = (update.FinishReason?.Value ?? known.Reason, known.Offset + (update.Logprobs?.Sum(token => token.Text.Length) ?? 0));
        }

        public void End(EventStream events)
        {
            _choices.TryAdd(0, (null, 0));
            foreach (var (choice, end) in _choices)
            {
                var isLast = !includeUsage && choice == _choices.Keys.Last();
                events.Add(writer.Body([new("", choice, null, end.Reason ?? "stop")], isLast ? _usage : null));
            }

            if (includeUsage)
            {
                events.Add(writer.Body([], _usage));
            }

            events.AddDone();
        }

        public void Fail(ApiError error, EventStream events) => events.Add(error.ToBody());
    }
}
