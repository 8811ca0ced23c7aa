using Microsoft.Extensions.AI;
using MistralStudio.Core;
using MistralStudio.Core.Models;
using MistralStudio.Core.Prompts;

namespace MistralStudio.Web.Features.Models;

/// <summary>A prompt's settings, tools and form of answers as options of a request.</summary>
public static class PromptOptions
{
    /// <summary>The options of a request to the prompt's model: what the caller asks for wins, what they leave open is the prompt's.</summary>
    public static ChatOptions Merge(PromptContent content, ChatOptions? asked)
    {
        var options = asked?.Clone() ?? new ChatOptions();
        options.PromptVariables = null;
        var settings = content.Settings;
        options.Temperature ??= settings.Temperature;
        options.TopP ??= settings.TopP;
        options.MaxOutputTokens ??= settings.MaxOutputTokens;
        options.Seed ??= settings.Seed;
        if (content.Tools.Count > 0)
        {
            var own = content.Tools.Where(tool => options.Tools?.Any(other => other.Name == tool.Name) != true)
                .Select(tool => AIFunctionFactory.CreateDeclaration(tool.Name, tool.Description, tool.Parameters));
            options.Tools = [.. own, .. options.Tools ?? []];
        }

        if (content.Answer is { } answer && options is { ResponseFormat: null or ChatResponseFormatText, Regex: null, Choices: null })
        {
            options.ResponseFormat = ChatResponseFormat.ForJsonSchema(answer.Schema, answer.Name);
        }

        return options;
    }

    /// <summary>Why a model cannot be asked with this content; null where it can.</summary>
    public static Error? FindBeyond(PromptContent content, ChatAbilities abilities, string model) => content switch
    {
        // A turn calls tools itself, and whoever asks over the API is to call them.
        { Knowledge.Count: > 0, Tools.Count: > 0 } => PromptErrors.KnowledgeAlone(),
        { Tools.Count: > 0 } when !abilities.Tools => PromptErrors.ModelCannot(model, "call tools"),
        _ when !abilities.Images && content.Images.Any() => PromptErrors.ModelCannot(model, "read the images of its messages"),
        { Answer: not null } when !abilities.JsonFormat => PromptErrors.ModelCannot(model, "be held to a form of answers"),
        _ => null,
    };
}
