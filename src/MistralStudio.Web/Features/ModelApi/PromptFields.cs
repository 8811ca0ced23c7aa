using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using MistralStudio.Core.Models;
using MistralStudio.Core.Prompts;

namespace MistralStudio.Web.Features.ModelApi;

/// <summary>
/// How a body asks a saved prompt beside <c>model</c>: <c>prompt_variables</c>, and OpenAI's own
/// <c>prompt: {"id": "refund-reply", "version": "production", "variables": {"name": "Ada", "mail": {"type": "input_text", "text": "Hello"}}}</c>,
/// whose id is the prompt's slug here and whose version is a number or a label.
/// </summary>
internal static class PromptFields
{
    /// <summary>True for a field that was sent.</summary>
    public static bool IsThere(JsonElement? value) => value is { ValueKind: not (JsonValueKind.Null or JsonValueKind.Undefined) };

    /// <summary>Reads values of variables; of a model that is neither a saved prompt nor an app they are refused.</summary>
    public static ApiError? ReadVariables(JsonElement? given, ModelReference model, ChatOptions options)
    {
        if (!IsThere(given))
        {
            return null;
        }

        if (model.Kind is not (ModelReferenceKind.Prompt or ModelReferenceKind.App))
        {
            return ApiError.Unsupported("prompt_variables", $"\"{model}\" is no saved prompt and no app over one, and has no variables. Ask prompt:slug, or send the request without prompt_variables.");
        }

        var read = PromptTemplates.ReadValues(given!.Value);
        options.PromptVariables = read.IsSuccess ? read.Value : null;
        return read.IsSuccess ? null : ApiError.From(read.Error);
    }

    /// <summary>Reads <c>prompt</c>.</summary>
    /// <param name="model">What the body names as its model; may be left out.</param>
    /// <param name="reference">The saved prompt.</param>
    /// <param name="variables">Its variables, as <see cref="ReadVariables"/> reads them; null where there are none.</param>
    public static ApiError? Read(JsonElement prompt, string? model, out ModelReference? reference, out JsonElement? variables)
    {
        (reference, variables) = (null, null);
        if (prompt.ValueKind != JsonValueKind.Object || !prompt.TryGetProperty("id", out var id) || id.ValueKind != JsonValueKind.String)
        {
            return ApiError.Invalid("prompt", "prompt is an object with the slug of a saved prompt as its id.");
        }

        var version = prompt.TryGetProperty("version", out var named) && IsThere(named) ? named.ToString() : null;
        var text = id.GetString()!;
        text = text.StartsWith("prompt:", StringComparison.Ordinal) ? text : $"prompt:{text}";
        if (!ModelReference.TryParse(version is null ? text : $"{text}@{version}", out reference))
        {
            return ApiError.Invalid("prompt", "The id of a prompt is its slug, and its version a number or a label; GET /api/prompts lists them.");
        }

        if (!string.IsNullOrEmpty(model) && model != reference.ToString())
        {
            return ApiError.Invalid("model", $"The saved prompt \"{reference}\" has a model of its own. Leave model out, or save a version with another one.");
        }

        return prompt.TryGetProperty("variables", out var given) && IsThere(given) ? ReadTexts(given, out variables) : null;
    }

    // A value is a text, or a part of a message that is one; images and files are no text.
    private static ApiError? ReadTexts(JsonElement given, out JsonElement? variables)
    {
        variables = given;
        if (given.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        var texts = new JsonObject();
        foreach (var value in given.EnumerateObject())
        {
            var type = value.Value.ValueKind == JsonValueKind.Object && value.Value.TryGetProperty("type", out var said) && said.ValueKind == JsonValueKind.String ? said.GetString() : null;
            if (type is "input_image" or "input_file")
            {
                return ApiError.Unsupported($"prompt.variables.{value.Name}", "A variable of a saved prompt is a text. Send images as input items.");
            }

            texts[value.Name] = JsonSerializer.SerializeToNode(type == "input_text" && value.Value.TryGetProperty("text", out var text) ? text : value.Value);
        }

        variables = JsonSerializer.SerializeToElement(texts);
        return null;
    }
}
