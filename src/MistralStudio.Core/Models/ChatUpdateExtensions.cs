using Microsoft.Extensions.AI;

namespace MistralStudio.Core.Models;

/// <summary>What the product's own chat clients say with an update, with its types; see <see cref="ChatUpdateKeys"/>.</summary>
public static class ChatUpdateExtensions
{
    extension(ChatResponseUpdate update)
    {
        /// <inheritdoc cref="ChatUpdateKeys.Choice"/>
        public int Choice
        {
            get => update.AdditionalProperties?.GetValueOrDefault(ChatUpdateKeys.Choice) as int? ?? 0;
            set => Set(update, ChatUpdateKeys.Choice, value == 0 ? null : value);
        }

        /// <inheritdoc cref="ChatUpdateKeys.Logprobs"/>
        public IReadOnlyList<TokenLogprob>? Logprobs
        {
            get => update.AdditionalProperties?.GetValueOrDefault(ChatUpdateKeys.Logprobs) as IReadOnlyList<TokenLogprob>;
            set => Set(update, ChatUpdateKeys.Logprobs, value);
        }

        /// <inheritdoc cref="ChatUpdateKeys.StandIn"/>
        public string? StandIn
        {
            get => update.AdditionalProperties?.GetValueOrDefault(ChatUpdateKeys.StandIn) as string;
            set => Set(update, ChatUpdateKeys.StandIn, value);
        }

        /// <summary>Where the time of the generation went; with the last update alone.</summary>
        public GenerationTimings? Timings
        {
            get => update.AdditionalProperties?.GetValueOrDefault(GenerationTimings.Key) as GenerationTimings;
            set => Set(update, GenerationTimings.Key, value);
        }

        /// <summary>Tokens and times up to these words; null where the model does not say.</summary>
        public GenerationProgress? Progress
        {
            get => update.AdditionalProperties?.GetValueOrDefault(GenerationProgress.Key) as GenerationProgress;
            set => Set(update, GenerationProgress.Key, value);
        }
    }

    private static void Set(ChatResponseUpdate update, string key, object? value)
    {
        if (value is null)
        {
            update.AdditionalProperties?.Remove(key);
        }
        else
        {
            (update.AdditionalProperties ??= [])[key] = value;
        }
    }
}
