using MistralStudio.Core.Agents;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Prompts;

namespace MistralStudio.Web.Features.Prompts.Code;

/// <summary>What code is asked for: a content with values, or a saved prompt by its reference.</summary>
/// <param name="Values">Values of variables; of one without a value its default stands, or a placeholder.</param>
public sealed record CodeSubject(PromptContent Content, IReadOnlyDictionary<string, string> Values)
{
    /// <summary>The saved prompt (<c>prompt:slug@production</c>), asked by name; null where the content itself is sent.</summary>
    public string? Reference { get; init; }

    /// <summary>Messages that follow those of the content.</summary>
    public IReadOnlyList<TurnMessage> Further { get; init; } = [];

    /// <summary>Its images as they are sent, by hash; see <see cref="CodePictures"/>.</summary>
    public IReadOnlyDictionary<string, string> Pictures { get; init; } = new Dictionary<string, string>();

    /// <summary>The images of all its messages, each once.</summary>
    public IEnumerable<MessageImage> Images => Content.Images.Concat(Further.SelectMany(message => message.Images)).DistinctBy(image => image.Sha256);

    /// <summary>The values that code shows: of each variable what was given, its default, or a placeholder that fits its kind.</summary>
    public IReadOnlyDictionary<string, string> Shown() => PromptTemplates.Variables(Content).ToDictionary(
        variable => variable.Name,
        variable => Values.GetValueOrDefault(variable.Name) ?? variable.Default ?? variable.Kind switch
        {
            PromptVariableKind.Number => "1",
            PromptVariableKind.Boolean => "true",
            PromptVariableKind.Choice => variable.Choices.FirstOrDefault() ?? "",
            PromptVariableKind.Json => "{}",
            _ => $"<{variable.Name}>",
        },
        StringComparer.Ordinal);
}
