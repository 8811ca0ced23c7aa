using MistralStudio.Core;
using MistralStudio.Core.Prompts;

namespace MistralStudio.Web.Features.Prompts.Imports;

/// <summary>A prompt that was read from somewhere else; nothing is kept of it yet.</summary>
/// <param name="Form">Its name and where it belongs.</param>
/// <param name="Message">What was said of it; may be empty.</param>
/// <param name="Notes">What could not come with it, a sentence each.</param>
public sealed record ImportedPrompt(PromptForm Form, PromptContent Content, string Message, IReadOnlyList<string> Notes);

/// <summary>Expected failures of reading a prompt from elsewhere.</summary>
public static class PromptImportErrors
{
    public static Error Empty() => new("prompt_import.empty", "There is nothing to import.", "Paste a request, or choose a file.");

    public static Error TooLarge() => new("prompt_import.too_large", $"This is larger than {Size.Format(PromptImport.MostBytes)}.", "Import a smaller file.");

    public static Error NoBody() => new("prompt_import.no_body", "This curl command sends no body.", "Paste one with -d, --data or --json and the request in it.");

    public static Error BodyInFile(string file) => new(
        "prompt_import.body_in_file", $"This curl command reads its body from the file \"{Short(file)}\".", "Paste what is in that file instead.");

    public static Error OpenQuote() => new("prompt_import.open_quote", "This curl command has a quotation mark that is never closed.", "Paste the whole command.");

    public static Error BadJson(string reason) => new("prompt_import.bad_json", $"The request is not JSON: {reason}", "Correct it, and paste it again.");

    public static Error NotARequest() => new(
        "prompt_import.not_a_request", "This JSON is no request to a chat model and no prompt of this studio.", "Paste a body with \"messages\" (OpenAI, Mistral, Anthropic) or an exported prompt.");

    public static Error WrongField(string field, string should) => new("prompt_import.wrong_field", $"\"{Short(field)}\" {should}.", "Correct it, and paste it again.");

    public static Error NewerSchema(string schema) => new(
        "prompt_import.newer_schema", $"This prompt was exported as \"{Short(schema)}\", which this studio does not read.", "Export it again from a studio of this version.");

    private static string Short(string text) => text.Length <= 80 ? text : text[..77] + "...";
}
