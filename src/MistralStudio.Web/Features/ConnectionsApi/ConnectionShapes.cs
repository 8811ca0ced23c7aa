using MistralStudio.Core;
using MistralStudio.Core.Connections;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Images;
using MistralStudio.Core.Models;

namespace MistralStudio.Web.Features.ConnectionsApi;

/// <summary>What people may set of a connection.</summary>
/// <param name="Slug">Only when it is made; without one it is made of the name.</param>
/// <param name="Kind"><c>openai</c>, <c>azure</c>, <c>mistral</c>, <c>compatible</c>, or for flows <c>http</c>, <c>mcp</c>, <c>webhook</c>.</param>
/// <param name="KeyHeader">Of <c>http</c> and <c>mcp</c>; absent: <c>Authorization: Bearer</c>.</param>
/// <param name="Key">Absent keeps the key, empty removes it.</param>
internal sealed record WireConnectionChange(
    string? Name,
    string? Slug,
    string? Kind,
    string? Address,
    string? ApiVersion,
    string? Key,
    IReadOnlyList<WireConnectionModel>? Models,
    int? TimeoutSeconds,
    int? Retries,
    IReadOnlyList<string>? Fallback,
    string? KeyHeader = null)
{
    public Result<ConnectionSettings> ToSettings()
    {
        if (!WireKind.TryRead(Kind, out var kind))
        {
            return ConnectionErrors.Wrong("kind", $"\"{Kind}\" is no kind of connection.", "kind may be openai, azure, mistral, compatible, http, mcp or webhook.");
        }

        if (!Uri.TryCreate(Address?.Trim(), UriKind.Absolute, out var address))
        {
            return ConnectionErrors.Wrong("address", "This is no address of a server.", "Give one like https://api.example.com/v1.");
        }

        return new ConnectionSettings
        {
            Name = Name ?? "",
            Kind = kind,
            Address = address,
            ApiVersion = ApiVersion,
            KeyHeader = KeyHeader,
            Models = [.. (Models ?? []).Select(model => model.ToModel())],
            TimeoutSeconds = TimeoutSeconds ?? ConnectionRules.UsualTimeoutSeconds,
            Retries = Retries ?? ConnectionRules.UsualRetries,
            Fallback = Fallback ?? [],
        };
    }
}

/// <summary>A model of a connection; prices in US dollars a million tokens, both or none.</summary>
/// <param name="Task"><c>chat</c>, which it is where absent, or <c>embedding</c>.</param>
/// <param name="Images">Whether it reads images. Absent in a change: as its name says; an answer always tells.</param>
internal sealed record WireConnectionModel(string? Name, decimal? InputPrice, decimal? OutputPrice, string? Task = null, bool? Images = null)
{
    public static WireConnectionModel From(ConnectionModel model) =>
        new(model.Name, model.Price?.Input, model.Price?.Output, model.Task == ModelTask.Embedding ? "embedding" : "chat", model.IsShownImages);

    public ConnectionModel ToModel() => new((Name ?? "").Trim(), InputPrice is null && OutputPrice is null ? null : new ModelPrice(InputPrice ?? 0, OutputPrice ?? 0))
    {
        // What is neither is refused by the rules of connections.
        Task = Task switch { null or "chat" => ModelTask.Chat, "embedding" => ModelTask.Embedding, _ => ModelTask.Reranking },
        ReadsImages = Images == ImageReaders.Guess((Name ?? "").Trim()) ? null : Images,
    };
}

/// <summary>A connection; <c>keySetAt</c> is null where it has no key.</summary>
internal sealed record WireConnection(
    ConnectionId Id,
    string Slug,
    string Name,
    string Kind,
    Uri Address,
    string? ApiVersion,
    string? KeyHeader,
    IReadOnlyList<WireConnectionModel> Models,
    int TimeoutSeconds,
    int Retries,
    IReadOnlyList<string> Fallback,
    DateTimeOffset? KeySetAt,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt)
{
    public static WireConnection From(Connection connection) => new(
        connection.Id,
        connection.Slug,
        connection.Settings.Name,
        WireKind.Of(connection.Settings.Kind),
        connection.Settings.Address,
        connection.Settings.ApiVersion,
        connection.Settings.KeyHeader,
        [.. connection.Settings.Models.Select(WireConnectionModel.From)],
        connection.Settings.TimeoutSeconds,
        connection.Settings.Retries,
        connection.Settings.Fallback,
        connection.KeySetAt,
        connection.CreatedAt,
        connection.UpdatedAt);
}

/// <summary>The outcome of a test that passed.</summary>
internal sealed record WireConnectionTest(double TookMs);

/// <summary>The names of the models that a server lists.</summary>
internal sealed record WireServerModels(IReadOnlyList<string> Items);

/// <summary>Kinds of connections on the wire.</summary>
internal static class WireKind
{
    public static bool TryRead(string? text, out ConnectionKind kind)
    {
        (kind, var known) = text switch
        {
            "openai" => (ConnectionKind.OpenAi, true),
            "azure" => (ConnectionKind.AzureOpenAi, true),
            "mistral" => (ConnectionKind.Mistral, true),
            "compatible" => (ConnectionKind.Compatible, true),
            "http" => (ConnectionKind.Http, true),
            "mcp" => (ConnectionKind.Mcp, true),
            "webhook" => (ConnectionKind.Webhook, true),
            _ => (default, false),
        };
        return known;
    }

    public static string Of(ConnectionKind kind) => kind switch
    {
        ConnectionKind.OpenAi => "openai",
        ConnectionKind.AzureOpenAi => "azure",
        ConnectionKind.Mistral => "mistral",
        ConnectionKind.Http => "http",
        ConnectionKind.Mcp => "mcp",
        ConnectionKind.Webhook => "webhook",
        _ => "compatible",
    };
}
