using System.Text.Json.Nodes;
using MistralStudio.Core.Connections;

namespace MistralStudio.Agents.Connections;

/// <summary>What a request in OpenAI's newest dialect has to become for a server that speaks another.</summary>
internal static class RequestDialect
{
    /// <summary>True where requests of this kind are sent as they are.</summary>
    public static bool IsOwn(ConnectionKind kind) => kind is ConnectionKind.OpenAi or ConnectionKind.AzureOpenAi;

    /// <summary>Rewrites the body of a chat request in place.</summary>
    public static void Translate(JsonObject body, ConnectionKind kind)
    {
        if (IsOwn(kind))
        {
            return;
        }

        // The older name is the one that every other server knows.
        Rename(body, "max_completion_tokens", "max_tokens");
        if (kind == ConnectionKind.Mistral)
        {
            // Mistral refuses fields that it does not know; its usage comes with the last chunk, asked for or not.
            Rename(body, "seed", "random_seed");
            body.Remove("stream_options");
            body.Remove("store");
            body.Remove("user");
            if (body["tool_choice"] is JsonValue choice && choice.TryGetValue<string>(out var word) && word == "required")
            {
                body["tool_choice"] = "any";
            }
        }
    }

    private static void Rename(JsonObject body, string from, string to)
    {
        if (body[from] is { } value)
        {
            body.Remove(from);
            body[to] = value.DeepClone();
        }
    }
}
