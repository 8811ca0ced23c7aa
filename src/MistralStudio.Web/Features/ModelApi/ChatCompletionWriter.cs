using Microsoft.Extensions.AI;
using MistralStudio.Core.Models;

namespace MistralStudio.Web.Features.ModelApi;

/// <summary>Answers one chat request on the wire, whole or as it is made.</summary>
/// <param name="model">The full reference of who is asked; a stand-in that answers is named in its place.</param>
/// <param name="created">Unix seconds.</param>
internal sealed class ChatCompletionWriter(HttpContext http, string model, long created)
{
    private readonly string _id = "chatcmpl-" + Guid.CreateVersion7().ToString("N");
    private string _model = model;

    /// <summary>Tells one build of the product from another.</summary>
    public static string Fingerprint { get; } = "fp_" + typeof(ChatCompletionWriter).Assembly.ManifestModule.ModuleVersionId.ToString("N")[..10];

    /// <summary>Sends the answer when it is whole.</summary>
    public async Task WriteWholeAsync(IAsyncEnumerable<ChatResponseUpdate> updates)
    {
        try
        {
            var (answers, usage) = await WholeAnswer.ReadAsync(updates, http.RequestAborted);
            _model = answers[0].StandIn ?? _model;
            var completion = new ChatCompletion(_id, "chat.completion", created, _model, Fingerprint, [.. answers.Select(ChoiceOf)], usage,
                WireTimings.From(answers.Select(answer => answer.Timings).LastOrDefault(timings => timings is not null)));
            await http.Response.WriteAsJsonAsync(completion, ModelApiJson.Options, http.RequestAborted);
        }
        catch (ModelException failure)
        {
            await ApiError.From(failure.Error, failure.RetryAfter).WriteAsync(http);
        }
    }

    /// <summary>Sends the answer token by token as server-sent events.</summary>
    /// <param name="includeUsage">True where a chunk of its own tells the tokens; otherwise the last one does, as Mistral's clients expect.</param>
    /// <param name="wholeCalls">True where a call of a tool comes in one piece, as Mistral's clients expect.</param>
    public Task WriteStreamAsync(IAsyncEnumerable<ChatResponseUpdate> updates, bool includeUsage, bool wholeCalls) =>
        AnswerStream.SendAsync(http, updates, new Chunks(this, includeUsage, wholeCalls));

    private static ChatCompletion.Choice ChoiceOf(WholeAnswer answer, int index)
    {
        var calls = answer.Calls.Count == 0 ? null : answer.Calls.Select(call => WireToolCall.Whole(null, call)).ToList();
        var content = calls is not null && string.IsNullOrWhiteSpace(answer.Text) ? null : answer.Text;
        return new(index, new("assistant", content, calls), WireLogprobs.From(answer.Logprobs), answer.FinishReason);
    }

    private ChatCompletionChunk Chunk(params IReadOnlyList<ChatCompletionChunk.Choice> choices) =>
        new(_id, "chat.completion.chunk", created, _model, Fingerprint, choices);

    private sealed class Chunks(ChatCompletionWriter writer, bool includeUsage, bool wholeCalls) : IAnswerDialect
    {
        private readonly SortedDictionary<int, string?> _ends = [];
        private readonly Dictionary<(int Choice, string Id), int> _calls = [];
        private WireUsage _usage = WireUsage.None;
        private WireTimings? _timings;

        public void Write(ChatResponseUpdate update, EventStream events)
        {
            var choice = update.Choice;
            writer._model = update.StandIn ?? writer._model;
            Begin(choice, events);
            var logprobs = WireLogprobs.From(update.Logprobs);
            foreach (var content in update.Contents)
            {
                var delta = content switch
                {
                    TextContent { Text.Length: > 0 } text => new ChatCompletionChunk.WireDelta(Content: text.Text),
                    FunctionCallDelta piece when !wholeCalls => new(ToolCalls: [Piece(choice, piece)]),
                    FunctionCallContent call when wholeCalls || !_calls.ContainsKey((choice, call.CallId)) => new(ToolCalls: [WireToolCall.Whole(Place(choice, call.CallId), call)]),
                    _ => null,
                };
                if (delta is not null)
                {
                    events.Add(writer.Chunk(new ChatCompletionChunk.Choice(choice, delta, logprobs)));
                    logprobs = null;
                }
            }

            if (logprobs is not null)
            {
                events.Add(writer.Chunk(new ChatCompletionChunk.Choice(choice, new(Content: ""), logprobs)));
            }

            _ends[choice] = update.FinishReason?.Value ?? _ends[choice];
            _usage = WholeAnswer.FindUsage(update) ?? _usage;
            _timings = WireTimings.From(update.Timings) ?? _timings;
        }

        public void End(EventStream events)
        {
            Begin(0, events);
            foreach (var (choice, reason) in _ends)
            {
                var chunk = writer.Chunk(new ChatCompletionChunk.Choice(choice, new(), FinishReason: reason ?? "stop"));
                events.Add(!includeUsage && choice == _ends.Keys.Last() ? chunk with { Usage = _usage, Timings = _timings } : chunk);
            }

            if (includeUsage)
            {
                events.Add(writer.Chunk() with { Usage = _usage, Timings = _timings });
            }

            events.AddDone();
        }

        public void Fail(ApiError error, EventStream events) => events.Add(error.ToBody());

        private void Begin(int choice, EventStream events)
        {
            if (_ends.TryAdd(choice, null))
            {
                events.Add(writer.Chunk(new ChatCompletionChunk.Choice(choice, new("assistant", ""))));
            }
        }

        private WireToolCall Piece(int choice, FunctionCallDelta piece) => piece.Name is { } name
            ? new(Place(choice, piece.CallId), piece.CallId, "function", new(name, piece.Arguments))
            : new(Place(choice, piece.CallId), null, null, new(null, piece.Arguments));

        private int Place(int choice, string id)
        {
            if (!_calls.TryGetValue((choice, id), out var place))
            {
                place = _calls[(choice, id)] = _calls.Keys.Count(call => call.Choice == choice);
            }

            return place;
        }
    }
}
