using System.Globalization;
using Microsoft.Extensions.AI;

namespace MistralStudio.Core.Models;

/// <summary>The product's own chat options with their types; see <see cref="ChatOptionKeys"/> for what each means. Null where absent; setting null removes.</summary>
public static class ChatOptionExtensions
{
    extension(ChatOptions options)
    {
        /// <inheritdoc cref="ChatOptionKeys.MinP"/>
        public float? MinP
        {
            get => Number(options, ChatOptionKeys.MinP);
            set => Set(options, ChatOptionKeys.MinP, value);
        }

        /// <inheritdoc cref="ChatOptionKeys.TypicalP"/>
        public float? TypicalP
        {
            get => Number(options, ChatOptionKeys.TypicalP);
            set => Set(options, ChatOptionKeys.TypicalP, value);
        }

        /// <inheritdoc cref="ChatOptionKeys.RepetitionPenalty"/>
        public float? RepetitionPenalty
        {
            get => Number(options, ChatOptionKeys.RepetitionPenalty);
            set => Set(options, ChatOptionKeys.RepetitionPenalty, value);
        }

        /// <inheritdoc cref="ChatOptionKeys.IgnoreEos"/>
        public bool? IgnoreEos
        {
            get => Find(options, ChatOptionKeys.IgnoreEos) as bool?;
            set => Set(options, ChatOptionKeys.IgnoreEos, value);
        }

        /// <inheritdoc cref="ChatOptionKeys.LogitBias"/>
        public IReadOnlyDictionary<int, float>? LogitBias
        {
            get => Find(options, ChatOptionKeys.LogitBias) as IReadOnlyDictionary<int, float>;
            set => Set(options, ChatOptionKeys.LogitBias, value);
        }

        /// <inheritdoc cref="ChatOptionKeys.TopLogprobs"/>
        public int? TopLogprobs
        {
            get => (int?)Number(options, ChatOptionKeys.TopLogprobs);
            set => Set(options, ChatOptionKeys.TopLogprobs, value);
        }

        /// <inheritdoc cref="ChatOptionKeys.N"/>
        public int? N
        {
            get => (int?)Number(options, ChatOptionKeys.N);
            set => Set(options, ChatOptionKeys.N, value);
        }

        /// <inheritdoc cref="ChatOptionKeys.Regex"/>
        public string? Regex
        {
            get => Find(options, ChatOptionKeys.Regex) as string;
            set => Set(options, ChatOptionKeys.Regex, value);
        }

        /// <inheritdoc cref="ChatOptionKeys.Choices"/>
        public IReadOnlyList<string>? Choices
        {
            get => Find(options, ChatOptionKeys.Choices) as IReadOnlyList<string>;
            set => Set(options, ChatOptionKeys.Choices, value);
        }

        /// <inheritdoc cref="ChatOptionKeys.Client"/>
        public string? Client
        {
            get => Find(options, ChatOptionKeys.Client) as string;
            set => Set(options, ChatOptionKeys.Client, value);
        }

        /// <inheritdoc cref="ChatOptionKeys.Depth"/>
        public int? Depth
        {
            get => Find(options, ChatOptionKeys.Depth) as int?;
            set => Set(options, ChatOptionKeys.Depth, value);
        }

        /// <inheritdoc cref="ChatOptionKeys.PromptVariables"/>
        public IReadOnlyDictionary<string, string>? PromptVariables
        {
            get => Find(options, ChatOptionKeys.PromptVariables) as IReadOnlyDictionary<string, string>;
            set => Set(options, ChatOptionKeys.PromptVariables, value);
        }

        /// <inheritdoc cref="ChatOptionKeys.StreamsCalls"/>
        public bool? StreamsCalls
        {
            get => Find(options, ChatOptionKeys.StreamsCalls) as bool?;
            set => Set(options, ChatOptionKeys.StreamsCalls, value);
        }

        /// <inheritdoc cref="ChatOptionKeys.ChatTemplateKwargs"/>
        public IReadOnlyDictionary<string, object?>? ChatTemplateKwargs
        {
            get => Find(options, ChatOptionKeys.ChatTemplateKwargs) as IReadOnlyDictionary<string, object?>;
            set => Set(options, ChatOptionKeys.ChatTemplateKwargs, value);
        }
    }

    private static object? Find(ChatOptions options, string key) => options.AdditionalProperties?.GetValueOrDefault(key);

    // Numbers come as whatever their writer had: an int from code, a double from JSON.
    private static float? Number(ChatOptions options, string key) =>
        Find(options, key) is IConvertible number ? Convert.ToSingle(number, CultureInfo.InvariantCulture) : null;

    private static void Set(ChatOptions options, string key, object? value)
    {
        if (value is null)
        {
            options.AdditionalProperties?.Remove(key);
        }
        else
        {
            (options.AdditionalProperties ??= [])[key] = value;
        }
    }
}
