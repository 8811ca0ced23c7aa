namespace MistralStudio.Core.Prompts;

/// <summary>Expected failures of a prompt's content and its variables.</summary>
public static class PromptErrors
{
    /// <summary>The code of <see cref="MissingVariables"/>.</summary>
    public const string MissingCode = "prompt.missing_variables";

    /// <summary>The code of <see cref="WrongValue"/>.</summary>
    public const string WrongValueCode = "prompt.wrong_value";

    public static Error Empty() => new("prompt.empty", "There is nothing in this prompt: every message is empty.", "Write a message.");

    public static Error TooLarge() => new("prompt.too_large", $"This prompt is larger than {Size.Format(PromptJson.MostBytes)}.", "Shorten its texts, or put them into a knowledge base.");

    public static Error TooMany(string what, int count, int most) => new("prompt.too_many", $"This prompt has {count} {what}; it may have {most}.", "Take some out.");

    public static Error ImagesTooLarge() => new(
        "prompt.images_too_large", $"The images of this prompt are larger than {Size.Format(PromptRules.MostImageBytes)} together, and every call of it sends them.", "Make them smaller, or take some out.");

    public static Error ImageNotOfUser() => new("prompt.image_not_of_user", "A message that is not the user's has an image, which models do not read.", "Move the image to a message of the user.");

    public static Error BadImage(string name) => new(
        "prompt.bad_image", $"The image \"{Short(name)}\" is not described as images are kept.", "Send it with its bytes: {\"name\": \"...\", \"data\": \"data:image/png;base64,...\"}.");

    public static Error ImageGone(string name) => new(
        "prompt.image_gone", $"The image \"{Short(name)}\" is not here, or is of a conversation that is not yours.", "Take it out of the message and add it again.");

    public static Error Unreadable(string reason) => new("prompt.unreadable", $"The prompt cannot be read: {reason}.", "Correct it, or export it again where it came from.");

    public static Error BadModel(string model) => new(
        "prompt.bad_model", $"\"{Short(model)}\" names no model.", "Write default, the id of a local model, connection/name, app:slug or flow:slug.");

    public static Error ModelIsPrompt(string model) => new(
        "prompt.model_is_prompt", $"The model of this prompt is another prompt (\"{Short(model)}\"), which could lead back to itself.", "Choose the model that the other prompt uses.");

    public static Error BadVariable(string name) => new(
        "prompt.bad_variable", $"\"{Short(name)}\" cannot be the name of a variable.", "Begin with a letter; letters, digits, _ and - may follow, at most 64 characters.");

    public static Error Twice(string what, string name) => new("prompt.twice", $"There are two {what} with the name \"{Short(name)}\".", "Rename one of them.");

    public static Error NoChoices(string name) => new("prompt.no_choices", $"The variable \"{Short(name)}\" is a choice of nothing.", "List what it may be.");

    public static Error BadToolName(string name) => new(
        "prompt.bad_tool", $"\"{Short(name)}\" cannot be the name of a tool or of a form of answers.", "Use letters, digits, _ and -, at most 64 characters.");

    public static Error BadToolSource(string name) => new(
        "prompt.bad_tool_source", $"The tool \"{Short(name)}\" has two sources, or a source that is none.",
        "Give it a text that stands for its results, the tool of one server, or a published flow with its number (slug@3).");

    public static Error BadSchema(string owner, Error why) => new("prompt.bad_schema", $"The JSON Schema of \"{Short(owner)}\" cannot be used. {why.Message}", why.Next);

    public static Error BadSetting(string name, string range) => new("prompt.bad_setting", $"{name} has to be {range}.", "Correct it, or leave it to the model.");

    /// <summary>Variables without a value; all of them are named.</summary>
    public static Error MissingVariables(IReadOnlyList<string> names) => new(
        MissingCode,
        names.Count == 1 ? $"The variable \"{names[0]}\" has no value." : $"{names.Count} variables have no value: {string.Join(", ", names.Take(20).Select(name => $"\"{name}\""))}.",
        names.Count == 1 ? "Give it one." : "Give each of them one.");

    public static Error WrongValue(PromptVariable variable) => new(
        WrongValueCode,
        $"The value of \"{variable.Name}\" {Should(variable)}.",
        "Change the value, or the kind of the variable.");

    public static Error BadValues(string reason) => new("prompt.bad_values", $"The variables cannot be read: {reason}.", "Send an object: {\"name\": value}.");

    public static Error TooDeep(string slug) => new(
        "prompt.too_deep", $"The prompt \"{Short(slug)}\" was asked by what it asks itself, again and again.", "Give it, or the app or flow that asks it, another model.");

    public static Error KnowledgeAlone() => new(
        "prompt.knowledge_alone", "This prompt looks things up in knowledge bases and has tools, which do not go together where it is asked as a model.", "Take the knowledge out, or the tools.");

    public static Error ModelCannot(string model, string what) => new(
        "prompt.model_cannot", $"The model of this prompt, \"{Short(model)}\", cannot {what}.", "Choose another model for it, and save the prompt again.");

    private static string Should(PromptVariable variable) => variable.Kind switch
    {
        PromptVariableKind.Number => "has to be a number",
        PromptVariableKind.Boolean => "has to be true or false",
        PromptVariableKind.Choice => $"has to be one of {string.Join(", ", variable.Choices.Take(20).Select(choice => $"\"{Short(choice)}\""))}",
        PromptVariableKind.Json => "has to be JSON",
        _ => "cannot be used",
    };

    private static string Short(string text) => text.Length <= 100 ? text : text[..97] + "...";
}
