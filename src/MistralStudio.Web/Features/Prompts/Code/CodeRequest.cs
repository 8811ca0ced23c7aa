using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using MistralStudio.Agents.Turns;
using MistralStudio.Core.Agents;
using MistralStudio.Core.Connections;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Prompts;

namespace MistralStudio.Web.Features.Prompts.Code;

/// <summary>A request in OpenAI's format to one server, whatever language sends it.</summary>
/// <param name="BaseUrl">Up to and without <c>/chat/completions</c>.</param>
/// <param name="KeyVariable">The environment variable that holds the key.</param>
/// <param name="Body">The JSON body.</param>
public sealed record CodeRequest(string BaseUrl, string KeyVariable, JsonElement Body)
{
    /// <summary>Environment variable of a key of this studio.</summary>
    public const string StudioKey = "MISTRALSTUDIO_API_KEY";

    /// <summary>The header that the key goes in where it is not <c>Authorization: Bearer</c>; null where it is.</summary>
    public string? KeyHeader { get; init; }

    /// <summary>What follows the path of the address: Azure's version of its API. Empty for none.</summary>
    public string Query { get; init; } = "";

    /// <summary>The whole address.</summary>
    public string Url => $"{BaseUrl}/chat/completions{Query}";

    /// <summary>True where the answer may be calls of tools.</summary>
    public bool HasTools => Body.TryGetProperty("tools", out _);

    /// <summary>The request to this studio.</summary>
    /// <param name="studio">Its own address.</param>
    public static CodeRequest ToStudio(CodeSubject subject, Uri studio)
    {
        var body = subject.Reference is { } reference ? ByReference(subject, reference) : Whole(subject, subject.Content.Model, ConnectionKind.Compatible);
        return new($"{studio.GetLeftPart(UriPartial.Path).TrimEnd('/')}/v1", StudioKey, Element(body));
    }

    /// <summary>The same request to the server of its model; knowledge is of this studio, and is not looked up there.</summary>
    /// <param name="model">The model's name there.</param>
    public static CodeRequest ToVendor(CodeSubject subject, ConnectionSettings connection, string model)
    {
        var address = connection.Address.GetLeftPart(UriPartial.Path).TrimEnd('/');
        var body = Element(Whole(subject, model, connection.Kind));
        return connection.Kind switch
        {
            ConnectionKind.OpenAi => new(address, "OPENAI_API_KEY", body),
            ConnectionKind.Mistral => new(address, "MISTRAL_API_KEY", body),
            ConnectionKind.AzureOpenAi => new($"{address}/openai/deployments/{Uri.EscapeDataString(model)}", "AZURE_OPENAI_API_KEY", body)
            {
                KeyHeader = "api-key", Query = connection.ApiVersion is { } version ? $"?api-version={Uri.EscapeDataString(version)}" : "",
            },
            _ => new(address, "MODEL_API_KEY", body),
        };
    }

    private static JsonObject ByReference(CodeSubject subject, string reference)
    {
        var body = new JsonObject { ["model"] = reference, ["messages"] = Messages(subject.Named, subject.Pictures) };
        // The first question is what the prompt's own question stands for, unless that has a value.
        var values = subject.Shown().Where(value => subject.Named.Count == 0 || value.Key != PromptTemplates.Question || !PromptTemplates.TakesQuestion(subject.Content)).ToList();
        if (values.Count > 0)
        {
            body["prompt_variables"] = new JsonObject(values.Select(value => KeyValuePair.Create(value.Key, (JsonNode?)value.Value)));
        }

        return body;
    }

    private static JsonObject Whole(CodeSubject subject, string model, ConnectionKind kind)
    {
        var content = subject.Content;
        var body = new JsonObject { ["model"] = model, ["messages"] = Messages(subject.Messages(), subject.Pictures) };
        var settings = content.Settings;
        Add("temperature", settings.Temperature);
        Add("top_p", settings.TopP);
        Add(kind is ConnectionKind.OpenAi or ConnectionKind.AzureOpenAi ? "max_completion_tokens" : "max_tokens", settings.MaxOutputTokens);
        Add(kind == ConnectionKind.Mistral ? "random_seed" : "seed", settings.Seed);
        if (content.Tools.Count > 0)
        {
            body["tools"] = new JsonArray([.. content.Tools.Select(tool => new JsonObject
            {
                ["type"] = "function",
                ["function"] = new JsonObject { ["name"] = tool.Name, ["description"] = tool.Description, ["parameters"] = Node(tool.Parameters) },
            })]);
        }

        if (content.Answer is { } answer)
        {
            body["response_format"] = new JsonObject
            {
                ["type"] = "json_schema", ["json_schema"] = new JsonObject { ["name"] = answer.Name, ["strict"] = answer.Strict, ["schema"] = Node(answer.Schema) },
            };
        }

        return body;

        void Add<T>(string name, T? value)
            where T : struct
        {
            if (value is { } set)
            {
                body[name] = JsonValue.Create(set);
            }
        }
    }

    private static JsonArray Messages(IEnumerable<TurnMessage> messages, IReadOnlyDictionary<string, string> pictures) =>
        new([.. messages.SelectMany(message => message.Tools.Count > 0 ? ToolHistory.Of(message, context: null).Select(Message) : [Message(message, pictures)])]);

    private static JsonObject Message(TurnMessage message, IReadOnlyDictionary<string, string> pictures) => new()
    {
        ["role"] = message.Role switch { MessageRole.System => "system", MessageRole.Assistant => "assistant", _ => "user" },
        ["content"] = message.Images.Count == 0 ? message.Text : new JsonArray(
        [
            .. message.Images.Select(image => new JsonObject { ["type"] = "image_url", ["image_url"] = new JsonObject { ["url"] = pictures[image.Sha256] } }),
            .. message.Text.Length > 0 ? [new JsonObject { ["type"] = "text", ["text"] = message.Text }] : Array.Empty<JsonNode>(),
        ]),
    };

    // {"role":"assistant","content":"..","tool_calls":[{"id","type":"function","function":{"name","arguments":"{..}"}}]}, then {"role":"tool","tool_call_id","content"} of each
    private static JsonObject Message(ChatMessage said)
    {
        if (said.Contents is [FunctionResultContent result])
        {
            return new() { ["role"] = "tool", ["tool_call_id"] = result.CallId, ["content"] = result.Result?.ToString() };
        }

        var message = new JsonObject { ["role"] = "assistant", ["content"] = said.Text };
        if (said.Contents.OfType<FunctionCallContent>().ToList() is { Count: > 0 } calls)
        {
            message["tool_calls"] = new JsonArray([.. calls.Select(call => new JsonObject
            {
                ["id"] = call.CallId,
                ["type"] = "function",
                ["function"] = new JsonObject { ["name"] = call.Name, ["arguments"] = JsonSerializer.Serialize(call.Arguments ?? new Dictionary<string, object?>(), PromptJson.Options) },
            })]);
        }

        return message;
    }

    private static JsonNode? Node(JsonElement element) => element.Deserialize<JsonNode>();

    private static JsonElement Element(JsonNode node) => JsonSerializer.SerializeToElement(node, PromptJson.Options);
}
