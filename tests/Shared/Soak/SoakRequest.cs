using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MistralStudio.Tests.Shared.Soak;

/// <summary>A chat request with a seed, so that its answer is the same whenever and beside whatever it is asked.</summary>
/// <param name="Kind">What is special about it.</param>
/// <param name="Body">As sent to <c>/v1/chat/completions</c>, without <c>stream</c>.</param>
public sealed record SoakRequest(string Kind, JsonObject Body)
{
    private const int PlainRequests = 8;
    private const int Seed = 20;

    /// <summary>Short and long prompts, answers by schema, and calls of a tool.</summary>
    public static IReadOnlyList<SoakRequest> All(string model)
    {
        var requests = new List<SoakRequest>();
        for (var i = 0; i < PlainRequests; i++)
        {
            requests.Add(new("plain", Chat(model, string.Create(CultureInfo.InvariantCulture, $"Tell a story about the number {i * 37} in two sentences."), 48, Seed + i)));
        }

        for (var i = 0; i < 2; i++)
        {
            requests.Add(new("long", Chat(model, LongText(i) + "\n\nWhich items cost the most?", 24, Seed + i)));
        }

        var schema = Chat(model, "Describe a person.", 96, Seed);
        schema["response_format"] = JsonNode.Parse(
            """
            {"type":"json_schema","json_schema":{"name":"person","strict":true,"schema":{"type":"object","additionalProperties":false,
             "required":["name","age","tags"],"properties":{"name":{"type":"string","maxLength":20},"age":{"type":"integer","minimum":0,"maximum":120},
             "tags":{"type":"array","maxItems":3,"items":{"type":"string","maxLength":10}}}}}}
            """);
        requests.Add(new("schema", schema));

        var tool = Chat(model, "How warm is it in Lyon?", 96, Seed);
        tool["tool_choice"] = "required";
        tool["tools"] = JsonNode.Parse(
            """
            [{"type":"function","function":{"name":"weather","description":"Today's weather of a city.","parameters":{"type":"object",
             "additionalProperties":false,"required":["city","unit"],"properties":{"city":{"type":"string","maxLength":20},"unit":{"enum":["C","F"]}}}}}]
            """);
        requests.Add(new("tool", tool));
        return requests;
    }

    /// <summary>The request as JSON.</summary>
    public StringContent ToContent(bool stream)
    {
        var body = (JsonObject)Body.DeepClone();
        body["stream"] = stream;
        return new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
    }

    /// <summary>What was said in a whole answer: its text, then names and arguments of its calls.</summary>
    public static string WholeText(JsonElement completion) => TextOf(completion.GetProperty("choices")[0].GetProperty("message"));

    /// <summary>What a message or a delta says.</summary>
    public static string TextOf(JsonElement message)
    {
        var text = message.TryGetProperty("content", out var content) && content.ValueKind == JsonValueKind.String ? content.GetString()! : "";
        if (!message.TryGetProperty("tool_calls", out var calls) || calls.ValueKind != JsonValueKind.Array)
        {
            return text;
        }

        foreach (var function in calls.EnumerateArray().Select(call => call.GetProperty("function")))
        {
            text += function.TryGetProperty("name", out var name) ? name.GetString() : "";
            text += function.TryGetProperty("arguments", out var arguments) ? arguments.GetString() : "";
        }

        return text;
    }

    private static JsonObject Chat(string model, string text, int maxTokens, int seed) => new()
    {
        ["model"] = model,
        ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = text }),
        ["max_tokens"] = maxTokens,
        ["temperature"] = 0.8,
        ["seed"] = seed,
    };

    // About 1,500 tokens.
    private static string LongText(int which)
    {
        var text = new StringBuilder();
        for (var line = 0; line < 110; line++)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"Item {line + which} of shelf {(line * 7) % 13} costs {(line * 31) % 97} euros.");
        }

        return text.ToString();
    }
}
