using MistralStudio.Core.Models;

namespace MistralStudio.Web.Features.ModelApi;

/// <summary>The answer of <c>GET /v1/models</c>.</summary>
internal sealed record WireModels(string Object, IReadOnlyList<WireModel> Data);

/// <summary>A model in the fields of both dialects: OpenAI's <c>model</c>, and the card that Mistral's client tells by its <c>type</c>.</summary>
/// <param name="MaxContextLength">Tokens, prompt and answer together; absent where it is not known here (an app's model may change).</param>
internal sealed record WireModel(string Id, string Name, string Task, int? MaxContextLength, WireModel.Abilities Capabilities)
{
    public string Object => "model";

    /// <summary>A model here has no date of its own; clients want a number.</summary>
    public long Created => 0;

    public string OwnedBy => "mistralstudio";

    public string Type => "base";

    /// <summary>A model that chats.</summary>
    public static WireModel Chat(string id, string name, InstalledModel? installed) =>
        new(id, name, "chat", installed?.ContextLength, new(CompletionChat: true, FunctionCalling: installed is not null));

    /// <summary>A model that embeds.</summary>
    public static WireModel Embedding(ModelChoice choice, InstalledModel? installed) =>
        new(choice.Id, choice.Name, "embedding", installed?.ContextLength, new(CompletionChat: false));

    /// <summary>A model that reranks.</summary>
    public static WireModel Reranking(InstalledModel installed) =>
        new(installed.Id, installed.Name, "reranking", installed.ContextLength, new(CompletionChat: false));

    /// <summary>What it can be asked for.</summary>
    internal sealed record Abilities(bool CompletionChat, bool FunctionCalling = false, bool CompletionFim = false, bool Vision = false);
}
