using Microsoft.Extensions.AI;

namespace MistralStudio.Core.Models;

/// <summary>
/// What a chat client honours beyond texts and samplers; it offers this by <see cref="IChatClient.GetService"/>. The outer API refuses by name
/// what a client would pass over in silence.
/// </summary>
/// <param name="Tools">Calls tools.</param>
/// <param name="JsonFormat">Holds answers to <see cref="ChatResponseFormatJson"/>.</param>
/// <param name="Grammars">Holds answers to <see cref="ChatOptionKeys.Regex"/> and <see cref="ChatOptionKeys.Choices"/>.</param>
/// <param name="Choices">Gives several answers (<see cref="ChatOptionKeys.N"/>).</param>
/// <param name="Logprobs">Tells log-probabilities (<see cref="ChatOptionKeys.TopLogprobs"/>).</param>
/// <param name="LogitBias">Takes <see cref="ChatOptionKeys.LogitBias"/>.</param>
public sealed record ChatAbilities(bool Tools, bool JsonFormat, bool Grammars, bool Choices, bool Logprobs, bool LogitBias)
{
    /// <summary>Reads images in the messages of the person.</summary>
    public bool Images { get; init; }

    /// <summary>Answers that one prompt may be given at most: all of them hold memory until the last has ended.</summary>
    public const int MostChoices = 16;

    /// <summary>A model of this machine.</summary>
    public static ChatAbilities All { get; } = new(true, true, true, true, true, true);

    /// <summary>Any client of Microsoft.Extensions.AI, which says nothing about itself.</summary>
    public static ChatAbilities Usual { get; } = new(Tools: true, JsonFormat: true, Grammars: false, Choices: false, Logprobs: false, LogitBias: false);

    /// <summary>Answers in words only: an app.</summary>
    public static ChatAbilities TextOnly { get; } = new(false, false, false, false, false, false);

    /// <summary>What a client says of itself.</summary>
    public static ChatAbilities Of(IChatClient client) => client.GetService<ChatAbilities>() ?? Usual;
}
