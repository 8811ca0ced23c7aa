using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.AI;

namespace MistralStudio.Web.Features.ModelApi;

/// <summary>The fields of a body that describe tools and say whether one is to be called.</summary>
internal static partial class ToolFields
{
    private const int MostTools = 128;

    private static readonly JsonElement s_noParameters = JsonDocument.Parse("""{"type":"object","properties":{}}""").RootElement;

    /// <summary>
    /// Reads <c>[{"type": "function", "function": {"name", "description", "parameters", "strict"}}]</c>, or with <paramref name="flat"/> the same
    /// without the inner object, and <c>tool_choice</c>; returns what is wrong.
    /// </summary>
    public static ApiError? Read(JsonElement? tools, JsonElement? choice, bool? parallel, ChatOptions options, bool flat = false)
    {
        options.AllowMultipleToolCalls = parallel;
        if (tools is { ValueKind: not (JsonValueKind.Null or JsonValueKind.Undefined) } given)
        {
            if (given.ValueKind != JsonValueKind.Array)
            {
                return ApiError.Invalid("tools", "tools is an array.");
            }

            if (given.GetArrayLength() > MostTools)
            {
                return ApiError.Invalid("tools", $"There are {given.GetArrayLength()} tools; a request may have up to {MostTools}.");
            }

            var read = new List<AITool>();
            foreach (var tool in given.EnumerateArray())
            {
                var (declaration, wrong) = ReadTool(tool, $"tools[{read.Count}]", flat);
                if (declaration is null)
                {
                    return wrong;
                }

                if (read.Exists(other => other.Name == declaration.Name))
                {
                    return ApiError.Invalid($"tools[{read.Count}]", $"There are two tools named \"{declaration.Name}\".");
                }

                read.Add(declaration);
            }

            options.Tools = read.Count > 0 ? read : null;
        }

        return ReadChoice(choice, options, flat);
    }

    private static (AIFunctionDeclaration? Tool, ApiError? Error) ReadTool(JsonElement tool, string param, bool flat)
    {
        if (tool.ValueKind != JsonValueKind.Object)
        {
            return (null, ApiError.Invalid(param, "A tool is an object with type and function."));
        }

        if (Text(tool, "type") is { } type and not "function")
        {
            return (null, ApiError.Unsupported($"{param}.type", $"Tools of type \"{type}\" are not supported; only \"function\" is."));
        }

        var function = flat ? tool : tool.TryGetProperty("function", out var inner) ? inner : default;
        var place = flat ? param : $"{param}.function";
        if (function.ValueKind != JsonValueKind.Object || Text(function, "name") is not { } name || !Name().IsMatch(name))
        {
            return (null, ApiError.Invalid($"{place}.name", "A tool has a name of up to 64 letters, digits, dots, underscores and hyphens."));
        }

        var parameters = s_noParameters;
        if (function.TryGetProperty("parameters", out var schema) && schema.ValueKind is not JsonValueKind.Null)
        {
            if (schema.ValueKind != JsonValueKind.Object)
            {
                return (null, ApiError.Invalid($"{place}.parameters", "parameters is a JSON Schema of an object."));
            }

            parameters = schema;
        }

        var strict = function.TryGetProperty("strict", out var flag) && flag.ValueKind == JsonValueKind.True;
        return (new WireTool(name, Text(function, "description") ?? "", parameters, strict), null);
    }

    private static ApiError? ReadChoice(JsonElement? choice, ChatOptions options, bool flat)
    {
        switch (choice)
        {
            case null or { ValueKind: JsonValueKind.Null or JsonValueKind.Undefined }:
                return null;
            case { ValueKind: JsonValueKind.String } word when word.GetString() is "auto" or "none" or "required" or "any":
                options.ToolMode = word.GetString() switch
                {
                    "none" => ChatToolMode.None,
                    "auto" => ChatToolMode.Auto,
                    _ => ChatToolMode.RequireAny,
                };
                break;
            case { ValueKind: JsonValueKind.Object } named when Text(named, "type") is null or "function":
                var holder = flat ? named : named.TryGetProperty("function", out var function) ? function : default;
                if (holder.ValueKind != JsonValueKind.Object || Text(holder, "name") is not { } name)
                {
                    return ApiError.Invalid("tool_choice", "tool_choice names a function: {\"type\":\"function\",\"function\":{\"name\":\"...\"}}.");
                }

                if (options.Tools?.Any(tool => tool.Name == name) != true)
                {
                    return ApiError.Invalid("tool_choice", $"tool_choice names \"{name}\", which is not among the tools.");
                }

                options.ToolMode = ChatToolMode.RequireSpecific(name);
                break;
            case { ValueKind: JsonValueKind.Object } other:
                return ApiError.Unsupported("tool_choice", $"tool_choice of type \"{Text(other, "type")}\" is not supported; it may be a word or a function.");
            default:
                return ApiError.Invalid("tool_choice", "tool_choice is auto, none, required (Mistral: any), or names a function.");
        }

        return options is { ToolMode: RequiredChatToolMode, Tools: null }
            ? ApiError.Invalid("tool_choice", "tool_choice demands a call, but there are no tools.")
            : null;
    }

    private static string? Text(JsonElement holder, string name) =>
        holder.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    [GeneratedRegex("^[A-Za-z0-9_.-]{1,64}$", RegexOptions.CultureInvariant)]
    private static partial Regex Name();

    /// <summary>A tool of the caller's: described here, run there.</summary>
    private sealed class WireTool(string name, string description, JsonElement parameters, bool strict) : AIFunctionDeclaration
    {
        public override string Name { get; } = name;

        public override string Description { get; } = description;

        public override JsonElement JsonSchema { get; } = parameters;

        public override IReadOnlyDictionary<string, object?> AdditionalProperties { get; } = new Dictionary<string, object?> { ["strict"] = strict };
    }
}
