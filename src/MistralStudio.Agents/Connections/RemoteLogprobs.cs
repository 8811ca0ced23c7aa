using System.Text;
using Microsoft.Extensions.AI;
using MistralStudio.Core.Models;
using OpenAI.Chat;

namespace MistralStudio.Agents.Connections;

/// <summary>Log-probabilities in OpenAI's dialect: <c>logprobs</c> and <c>top_logprobs</c> of a request, <c>choices[].logprobs.content[]</c> of its answer.</summary>
internal static class RemoteLogprobs
{
    // Its tokens are texts there; nothing of a remote model's vocabulary is known here.
    private const int NoToken = -1;

    /// <summary>The options with what asks for log-probabilities, where they are wanted.</summary>
    public static ChatOptions? Ask(ChatOptions? options, ChatAbilities abilities)
    {
        if (options?.TopLogprobs is not { } top || !abilities.Logprobs)
        {
            return options;
        }

        var asking = options.Clone();
        asking.RawRepresentationFactory = _ => new ChatCompletionOptions { IncludeLogProbabilities = true, TopLogProbabilityCount = top };
        return asking;
    }

    /// <summary>Those of an update; null where it has none.</summary>
    public static IReadOnlyList<TokenLogprob>? Of(ChatResponseUpdate update) =>
        update.RawRepresentation is StreamingChatCompletionUpdate { ContentTokenLogProbabilities: { Count: > 0 } told }
            ? [.. told.Select(token => new TokenLogprob(NoToken, token.Token, Bytes(token.Utf8Bytes, token.Token), token.LogProbability, [.. token.TopLogProbabilities.Select(Likely)]))]
            : null;

    private static TokenLogprob Likely(ChatTokenTopLogProbabilityDetails token) => new(NoToken, token.Token, Bytes(token.Utf8Bytes, token.Token), token.LogProbability, []);

    // Some servers leave the bytes out.
    private static byte[] Bytes(ReadOnlyMemory<byte>? bytes, string text) => bytes is { Length: > 0 } told ? told.ToArray() : Encoding.UTF8.GetBytes(text);
}
