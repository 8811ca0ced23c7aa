using MistralStudio.Core;
using MistralStudio.Core.Connections;
using MistralStudio.Core.Ids;

namespace MistralStudio.Agents.Outside;

/// <summary>What everything asks that leaves a flow: whether it may, and with which key.</summary>
internal sealed class OutsideGate(IConnectionStore connections, IDataClasses classes)
{
    /// <summary>Why nothing of these documents, or of the whole workspace, may leave this machine; null where it may.</summary>
    /// <param name="sources">Documents that what is sent came from.</param>
    public async Task<Error?> FindRefusalAsync(WorkspaceId workspace, IReadOnlyCollection<DocumentId> sources, CancellationToken cancellationToken) =>
        await classes.FindRefusalOfDocumentsAsync(workspace, sources, cancellationToken) is { } refusal
            ? refusal with { Next = "Take this step out, or have an admin let it go under Models, Connections." }
            : null;

    /// <summary>The same for what came from documents and from whole knowledge bases.</summary>
    public async Task<Error?> FindRefusalAsync(
        WorkspaceId workspace, IReadOnlyCollection<DocumentId> sources, IReadOnlyCollection<KnowledgeBaseId> knowledge, CancellationToken cancellationToken) =>
        await FindRefusalAsync(workspace, sources, cancellationToken)
        ?? (knowledge.Count > 0 && await classes.FindRefusalAsync(workspace, knowledge, cancellationToken) is { } refusal
            ? refusal with { Next = "Take the tool or the knowledge out, or have an admin let it go under Models, Connections." }
            : null);

    /// <summary>A connection of one kind with its key; fails where the workspace has none of that name.</summary>
    public async Task<Result<OpenedConnection>> OpenAsync(WorkspaceId workspace, string slug, ConnectionKind kind, CancellationToken cancellationToken)
    {
        if (await connections.OpenAsync(workspace, slug, cancellationToken) is not { } opened)
        {
            return OutsideErrors.NoConnection(slug);
        }

        return opened is { IsSuccess: true } && opened.Value.Connection.Settings.Kind != kind ? OutsideErrors.OtherKind(slug, kind) : opened;
    }
}

/// <summary>Expected failures on the way to servers that flows speak to.</summary>
public static class OutsideErrors
{
    public static Error NoConnection(string slug) => new(
        "outside.no_connection", $"There is no connection \"{slug}\" here.", "An admin can add it under Models, Connections.");

    public static Error OtherKind(string slug, ConnectionKind kind) => new(
        "outside.other_kind",
        $"The connection \"{slug}\" is not {Name(kind)}.",
        "Name one that is; an admin can add it under Models, Connections.");

    public static Error OtherServer(string slug, string place, string other) => new(
        "outside.other_server",
        $"The key of \"{slug}\" is for {place}, and this request goes to {other}.",
        "Give an address at that server, or leave the connection out.");

    private static string Name(ConnectionKind kind) => kind switch
    {
        ConnectionKind.Http => "one to an HTTP API",
        ConnectionKind.Mcp => "one to an MCP server",
        ConnectionKind.Webhook => "a webhook",
        _ => "one to a server of models",
    };
}
