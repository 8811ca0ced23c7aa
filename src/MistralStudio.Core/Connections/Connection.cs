using System.Text.Json.Serialization;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Images;
using MistralStudio.Core.Models;

namespace MistralStudio.Core.Connections;

/// <summary>Whose dialect a server speaks.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ConnectionKind>))]
public enum ConnectionKind
{
    /// <summary>OpenAI itself.</summary>
    OpenAi,

    /// <summary>Azure OpenAI: models are deployments, and the address carries a version.</summary>
    AzureOpenAi,

    /// <summary>Mistral's platform.</summary>
    Mistral,

    /// <summary>Any server that speaks OpenAI's dialect: vLLM, llama.cpp, Ollama.</summary>
    Compatible,

    /// <summary>An HTTP API that flows call: the key goes on requests to this server, and on no others.</summary>
    Http,

    /// <summary>A server of tools (Model Context Protocol, streamable HTTP).</summary>
    Mcp,

    /// <summary>Where flows send to: the key signs what is sent, and does not leave this machine.</summary>
    Webhook,
}

/// <summary>Questions about kinds of connections.</summary>
public static class ConnectionKinds
{
    /// <summary>True where its models may tell how sure they are of each token; Mistral's platform refuses a request that asks.</summary>
    public static bool TellsLogprobs(this ConnectionKind kind) => kind.HasModels() && kind != ConnectionKind.Mistral;

    /// <summary>True for a server of models; false for one that only flows speak to.</summary>
    public static bool HasModels(this ConnectionKind kind) => kind is not (ConnectionKind.Http or ConnectionKind.Mcp or ConnectionKind.Webhook);
}

/// <summary>A model behind a connection.</summary>
/// <param name="Name">As its server calls it (Azure: the deployment).</param>
/// <param name="Price">What its tokens cost; null where nobody said.</param>
public sealed record ConnectionModel(string Name, ModelPrice? Price = null)
{
    /// <summary>What it is for: chat, or embedding.</summary>
    public ModelTask Task { get; init; } = ModelTask.Chat;

    /// <summary>Whether it reads images, as somebody said; null: as its name says.</summary>
    public bool? ReadsImages { get; init; }

    /// <summary>True where it is shown images.</summary>
    [JsonIgnore]
    public bool IsShownImages => Task == ModelTask.Chat && (ReadsImages ?? ImageReaders.Guess(Name));
}

/// <summary>What people set of a connection; its key is no part of it.</summary>
public sealed record ConnectionSettings
{
    /// <summary>For people, up to 80 characters.</summary>
    public required string Name { get; init; }

    /// <summary>Whose dialect the server speaks.</summary>
    public required ConnectionKind Kind { get; init; }

    /// <summary>Where it is: <c>https://api.openai.com/v1</c>; Azure: the resource, <c>https://name.openai.azure.com</c>.</summary>
    public required Uri Address { get; init; }

    /// <summary>Azure's version of the API (<c>2024-10-21</c>); null for every other kind.</summary>
    public string? ApiVersion { get; init; }

    /// <summary>The header that an HTTP API or an MCP server wants its key in; null: <c>Authorization: Bearer</c>.</summary>
    public string? KeyHeader { get; init; }

    /// <summary>The models that the workspace may use; none behind a server that is for flows.</summary>
    public IReadOnlyList<ConnectionModel> Models { get; init; } = [];

    /// <summary>Longest wait for the beginning of an answer, and between two pieces of it, s.</summary>
    public int TimeoutSeconds { get; init; } = ConnectionRules.UsualTimeoutSeconds;

    /// <summary>Further tries where the server fails before it answers.</summary>
    public int Retries { get; init; } = ConnectionRules.UsualRetries;

    /// <summary>Model references, in order, that answer in its place where it fails before its first token.</summary>
    public IReadOnlyList<string> Fallback { get; init; } = [];
}

/// <summary>A connection to a server of models, or to one that flows speak to.</summary>
/// <param name="Slug">The part before the slash of its models' references; unique in the workspace, fixed for life.</param>
/// <param name="KeySetAt">When its key was set; null where it has none. The key itself is never read out.</param>
/// <param name="Revision">Rises with every change; a save names the one it read.</param>
public sealed record Connection(
    ConnectionId Id,
    WorkspaceId Workspace,
    string Slug,
    ConnectionSettings Settings,
    DateTimeOffset? KeySetAt,
    long Revision,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt)
{
    /// <summary>The reference of one of its models.</summary>
    public string ReferenceOf(ConnectionModel model) => $"{Slug}/{model.Name}";
}

/// <summary>A connection with its key, for the client that speaks to it and nobody else.</summary>
public sealed class OpenedConnection(Connection connection, string? key)
{
    /// <summary>The connection.</summary>
    public Connection Connection { get; } = connection;

    /// <summary>Its key in the clear; null where it has none.</summary>
    public string? Key { get; } = key;
}
