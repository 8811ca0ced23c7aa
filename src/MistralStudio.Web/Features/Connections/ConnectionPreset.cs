using MistralStudio.Core.Connections;

namespace MistralStudio.Web.Features.Connections;

/// <summary>A server that people know by its name, and how it is reached.</summary>
/// <param name="Id">Key of its words.</param>
/// <param name="WantsKey">True where it answers nobody without one.</param>
public sealed record ConnectionPreset(string Id, string Name, ConnectionKind Kind, string Address, bool WantsKey)
{
    /// <summary>In the order of the form; the last one is any other server.</summary>
    public static IReadOnlyList<ConnectionPreset> All { get; } =
    [
        new("openai", "OpenAI", ConnectionKind.OpenAi, "https://api.openai.com/v1", WantsKey: true),
        new("mistral", "Mistral", ConnectionKind.Mistral, "https://api.mistral.ai/v1", WantsKey: true),
        new("azure", "Azure OpenAI", ConnectionKind.AzureOpenAi, "https://NAME.openai.azure.com", WantsKey: true),
        new("ollama", "Ollama", ConnectionKind.Compatible, "http://localhost:11434/v1", WantsKey: false),
        new("llamacpp", "llama.cpp", ConnectionKind.Compatible, "http://localhost:8080/v1", WantsKey: false),
        new("vllm", "vLLM", ConnectionKind.Compatible, "http://localhost:8000/v1", WantsKey: false),
        new("http", "", ConnectionKind.Http, "", WantsKey: true),
        new("mcp", "", ConnectionKind.Mcp, "", WantsKey: false),
        new("webhook", "", ConnectionKind.Webhook, "", WantsKey: true),
        new("other", "", ConnectionKind.Compatible, "", WantsKey: false),
    ];

    /// <summary>The preset that a kept connection looks like.</summary>
    public static ConnectionPreset Of(ConnectionSettings settings) =>
        All.FirstOrDefault(preset => preset.Kind == settings.Kind && (preset.Kind != ConnectionKind.Compatible || preset.Address == settings.Address.ToString().TrimEnd('/')))
        ?? All[^1];
}
