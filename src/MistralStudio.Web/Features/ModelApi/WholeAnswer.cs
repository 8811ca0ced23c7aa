using System.Text;
using Microsoft.Extensions.AI;
using MistralStudio.Core.Models;

namespace MistralStudio.Web.Features.ModelApi;

/// <summary>One answer, put together of its updates.</summary>
internal sealed class WholeAnswer
{
    private readonly StringBuilder _text = new();

    public string Text => _text.ToString();

    public List<FunctionCallContent> Calls { get; } = [];

    /// <summary>Null where none were told.</summary>
    public List<TokenLogprob>? Logprobs { get; private set; }

    /// <summary>Where the time went; with the last answer alone, and where it is known.</summary>
    public GenerationTimings? Timings { get; private set; }

    /// <inheritdoc cref="ChatUpdateKeys.StandIn"/>
    public string? StandIn { get; private set; }

    /// <summary>In OpenAI's words: <c>stop</c>, <c>length</c>, <c>tool_calls</c>.</summary>
    public string FinishReason { get; private set; } = "stop";

    /// <summary>Reads a stream to its end: the answers in order, and the tokens of all.</summary>
    /// <exception cref="ModelException">The model failed.</exception>
    public static async Task<(IReadOnlyList<WholeAnswer> Answers, WireUsage Usage)> ReadAsync(
        IAsyncEnumerable<ChatResponseUpdate> updates, CancellationToken cancellationToken)
    {
        var answers = new SortedDictionary<int, WholeAnswer> { [0] = new() };
        var usage = WireUsage.None;
        await foreach (var update in updates.WithCancellation(cancellationToken))
        {
            if (!answers.TryGetValue(update.Choice, out var answer))
            {
                answer = answers[update.Choice] = new();
            }

            answer.Add(update);
            usage = FindUsage(update) ?? usage;
        }

        return ([.. answers.Values], usage);
    }

    /// <summary>The tokens that an update tells of; null where it does not.</summary>
    public static WireUsage? FindUsage(ChatResponseUpdate update) =>
        update.Contents.OfType<UsageContent>().LastOrDefault() is { } usage ? WireUsage.From(usage.Details) : null;

    private void Add(ChatResponseUpdate update)
    {
        foreach (var content in update.Contents)
        {
            switch (content)
            {
                case TextContent text:
                    _text.Append(text.Text);
                    break;
                case FunctionCallContent call:
                    Calls.Add(call);
                    break;
            }
        }

        if (update.Logprobs is { } logprobs)
        {
            (Logprobs ??= []).AddRange(logprobs);
        }

        StandIn ??= update.StandIn;
        Timings = update.Timings ?? Timings;
        if (update.FinishReason is { } reason)
        {
            FinishReason = reason.Value;
        }
    }
}
