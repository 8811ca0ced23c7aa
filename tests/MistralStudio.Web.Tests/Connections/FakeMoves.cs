using MistralStudio.Core;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Web.Tests.Connections;

/// <summary>Moves of which a test says what is elsewhere, and how they start.</summary>
internal sealed class FakeMoves : IIndexMoves
{
    /// <summary>Why nothing can be marked to stay; null where it can.</summary>
    public Error? Elsewhere { get; set; }

    /// <summary>What each start of a move answers.</summary>
    public Func<IndexStore, Task<Result<IndexPlacement>>> Start { get; set; } = _ => throw new NotSupportedException();

    public Uri? Qdrant { get; set; }

    public Task<Result<IndexPlacement>> StartAsync(WorkspaceId workspace, KnowledgeBaseId id, IndexStore to, UserId? by, CancellationToken cancellationToken) =>
        Start(to);

    public Task<Error?> FindElsewhereAsync(WorkspaceId workspace, KnowledgeBaseId? id, CancellationToken cancellationToken) => Task.FromResult(Elsewhere);
}
