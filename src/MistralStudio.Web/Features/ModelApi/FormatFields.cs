using System.Text.Json;
using Microsoft.Extensions.AI;
using MistralStudio.Core.Models;

namespace MistralStudio.Web.Features.ModelApi;

/// <summary>The fields of a body that say what form the answer has: OpenAI's and Mistral's <c>response_format</c>, vLLM's <c>guided_*</c>.</summary>
internal static class FormatFields
{
    /// <summary>Writes the form into options; returns what is wrong with it.</summary>
    public static ApiError? Read(ChatCompletionRequest body, ChatOptions options)
    {
        if (ReadFormat(body.ResponseFormat, "response_format", "json_schema", options) is { } wrong)
        {
            return wrong;
        }

        if (body.GuidedJson is { ValueKind: JsonValueKind.Object or JsonValueKind.True or JsonValueKind.False } schema)
        {
            options.ResponseFormat = ChatResponseFormat.ForJsonSchema(schema);
        }

        options.Regex = body.GuidedRegex;
        options.Choices = body.GuidedChoice;
        var forms = (options.ResponseFormat is ChatResponseFormatJson ? 1 : 0) + (options.Regex is null ? 0 : 1) + (options.Choices is null ? 0 : 1);
        return forms > 1
            ? ApiError.Invalid("response_format", "An answer has one form: response_format, guided_json, guided_regex or guided_choice, not several.")
            : null;
    }

    /// <summary>
    /// Reads <c>{"type": "text" | "json_object" | "json_schema", ...}</c>: chat has the schema one level deeper (<paramref name="inner"/>) than the
    /// Responses API (null).
    /// </summary>
    public static ApiError? ReadFormat(JsonElement? format, string param, string? inner, ChatOptions options)
    {
        if (format is not { } given || given.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined)
        {
            return null;
        }

        var type = given.ValueKind == JsonValueKind.Object && given.TryGetProperty("type", out var named) && named.ValueKind == JsonValueKind.String
            ? named.GetString()
            : null;
        switch (type)
        {
            case "text":
                return null;
            case "json_object":
                options.ResponseFormat = ChatResponseFormat.Json;
                return null;
            case "json_schema":
                var holder = inner is null ? given : given.TryGetProperty(inner, out var deeper) && deeper.ValueKind == JsonValueKind.Object ? deeper : default;
                if (holder.ValueKind != JsonValueKind.Object || !holder.TryGetProperty("schema", out var schema)
                    || schema.ValueKind is not (JsonValueKind.Object or JsonValueKind.True or JsonValueKind.False))
                {
                    return ApiError.Invalid(param, $"{param} of type json_schema needs {(inner is null ? "" : $"{inner}.")}schema, a JSON Schema.");
                }

                options.ResponseFormat = ChatResponseFormat.ForJsonSchema(
                    schema, holder.TryGetProperty("name", out var name) && name.ValueKind == JsonValueKind.String ? name.GetString() : null);
                return null;
            case null:
                return ApiError.Invalid(param, $"{param} is an object with a type: text, json_object or json_schema.");
            default:
                return ApiError.Unsupported(param, $"{param} \"{type}\" is not supported; it may be text, json_object or json_schema.");
        }
    }
}
