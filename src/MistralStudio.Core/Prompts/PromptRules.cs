using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Images;
using MistralStudio.Core.Models;
using MistralStudio.Core.Schemas;

namespace MistralStudio.Core.Prompts;

/// <summary>What a content has to keep to be saved as a version.</summary>
public static partial class PromptRules
{
    /// <summary>Bounds of its lists.</summary>
    public const int MostMessages = 500, MostVariables = 200, MostTools = 128, MostChoices = 500, MostKnowledge = 50, MostImages = 20;

    /// <summary>Most bytes of its images together: each call of the prompt sends them.</summary>
    public const long MostImageBytes = 20 * 1024 * 1024;

    /// <summary>The first rule that a content breaks; null where it keeps all.</summary>
    public static Error? Check(PromptContent content) =>
        CheckCounts(content) ?? CheckImages(content) ?? CheckModel(content.Model) ?? CheckSettings(content.Settings) ?? CheckVariables(content) ?? CheckTools(content) ?? CheckAnswer(content.Answer) ?? CheckSize(content);

    /// <summary>Why a text cannot be the model of a prompt; null where it can.</summary>
    public static Error? CheckModel(string model) => !ModelReference.TryParse(model, out var reference)
        ? PromptErrors.BadModel(model)
        : reference.Kind == ModelReferenceKind.Prompt ? PromptErrors.ModelIsPrompt(model) : null;

    private static Error? CheckCounts(PromptContent content) => content switch
    {
        _ when content.Messages.All(message => message.IsEmpty) => PromptErrors.Empty(),
        { Messages.Count: > MostMessages } => PromptErrors.TooMany("messages", content.Messages.Count, MostMessages),
        { Variables.Count: > MostVariables } => PromptErrors.TooMany("variables", content.Variables.Count, MostVariables),
        { Tools.Count: > MostTools } => PromptErrors.TooMany("tools", content.Tools.Count, MostTools),
        { Knowledge.Count: > MostKnowledge } => PromptErrors.TooMany("knowledge bases", content.Knowledge.Count, MostKnowledge),
        _ => null,
    };

    /// <summary>Why the images of a content cannot be shown; null where they can.</summary>
    public static Error? CheckImages(PromptContent content)
    {
        var images = content.Images.ToList();
        return content switch
        {
            _ when content.Messages.Any(message => message.Images.Count > 0 && message.Role != MessageRole.User) => PromptErrors.ImageNotOfUser(),
            _ when content.Messages.Any(message => message.Images.Count > ImageRules.MostInMessage) => ImageErrors.TooMany(),
            _ when images.Count > MostImages => PromptErrors.TooMany("images", images.Count, MostImages),
            _ when images.Find(image => !image.IsSound) is { } broken => PromptErrors.BadImage(broken.Name),
            _ when images.Sum(image => image.Bytes) > MostImageBytes => PromptErrors.ImagesTooLarge(),
            _ => null,
        };
    }

    private static Error? CheckSettings(GenerationSettings settings) => settings switch
    {
        { Temperature: { } temperature } when !(temperature is >= 0 and <= 2) => PromptErrors.BadSetting("The temperature", "between 0 and 2"),
        { TopP: { } topP } when !(topP is > 0 and <= 1) => PromptErrors.BadSetting("Top p", "above 0 and at most 1"),
        { MaxOutputTokens: < 1 } => PromptErrors.BadSetting("The longest answer", "at least one token"),
        _ => null,
    };

    private static Error? CheckVariables(PromptContent content)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var variable in content.Variables)
        {
            var broken = variable switch
            {
                _ when !PromptTemplates.IsName(variable.Name) => PromptErrors.BadVariable(variable.Name),
                _ when !names.Add(variable.Name) => PromptErrors.Twice("variables", variable.Name),
                { Choices.Count: > MostChoices } => PromptErrors.TooMany("choices", variable.Choices.Count, MostChoices),
                { Kind: PromptVariableKind.Choice, Choices.Count: 0 } => PromptErrors.NoChoices(variable.Name),
                { Default: { } given } when !PromptTemplates.Fits(variable, given) => PromptErrors.WrongValue(variable),
                _ => null,
            };
            if (broken is not null)
            {
                return broken;
            }
        }

        return null;
    }

    private static Error? CheckTools(PromptContent content)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var tool in content.Tools)
        {
            var broken = tool switch
            {
                _ when !ToolName().IsMatch(tool.Name) => PromptErrors.BadToolName(tool.Name),
                _ when !names.Add(tool.Name) => PromptErrors.Twice("tools", tool.Name),
                { Source: { } source } when !IsOne(source) => PromptErrors.BadToolSource(tool.Name),
                _ => CheckSchema(tool.Name, tool.Parameters),
            };
            if (broken is not null)
            {
                return broken;
            }
        }

        return null;
    }

    private static bool IsOne(PromptToolSource source) => source switch
    {
        { Mock: not null, Mcp: null, Flow: null } => true,
        { Mock: null, Mcp: { Server.Length: > 0, Tool.Length: > 0 }, Flow: null } => true,
        { Mock: null, Mcp: null, Flow: { } flow } => ModelReference.TryParse($"flow:{flow}", out var reference) && int.TryParse(reference.Detail, out var number) && number > 0,
        _ => false,
    };

    private static Error? CheckAnswer(PromptSchema? answer) =>
        answer is null ? null : !ToolName().IsMatch(answer.Name) ? PromptErrors.BadToolName(answer.Name) : CheckSchema(answer.Name, answer.Schema);

    private static Error? CheckSchema(string owner, JsonElement schema)
    {
        if (schema.ValueKind != JsonValueKind.Object)
        {
            return PromptErrors.BadSchema(owner, SchemaErrors.InvalidSchema("", "it has to be an object"));
        }

        return JsonSchema.Read(schema) is { Error: { } why } ? PromptErrors.BadSchema(owner, why) : null;
    }

    private static Error? CheckSize(PromptContent content) =>
        Encoding.UTF8.GetByteCount(PromptJson.Write(content)) > PromptJson.MostBytes ? PromptErrors.TooLarge() : null;

    [GeneratedRegex("^[A-Za-z0-9_-]{1,64}\\z", RegexOptions.CultureInvariant)]
    private static partial Regex ToolName();
}
