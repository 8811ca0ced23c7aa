using MistralStudio.Core.Ids;

namespace MistralStudio.Core.Knowledge;

/// <summary>Where the vectors and words of a base are.</summary>
public enum IndexStore
{
    /// <summary>In the index file of this machine.</summary>
    Embedded,

    /// <summary>In the Qdrant that the administrator set up.</summary>
    Qdrant,
}

/// <summary>Where a base is searched, and where it is going.</summary>
/// <param name="Store">The store that answers searches.</param>
/// <param name="MovingTo">
/// The store that it is being copied to; the same as <paramref name="Store"/> while the copy that it came from is being removed; null where it stays.
/// </param>
/// <param name="Progress">How far the move has come, 0 to 1.</param>
/// <param name="Waiting">Why the move waits or ended without effect; null where nothing is wrong.</param>
public sealed record IndexPlacement(IndexStore Store, IndexStore? MovingTo = null, double Progress = 0, Error? Waiting = null)
{
    /// <summary>In the index file, and staying.</summary>
    public static IndexPlacement Embedded { get; } = new(IndexStore.Embedded);
}

/// <summary>The placements of bases: committed before anything is copied, so that a move goes on after a stop at any instant.</summary>
public interface IIndexPlacements
{
    /// <summary>The placement of a base; null where there is no such base.</summary>
    Task<IndexPlacement?> FindAsync(KnowledgeBaseId id, CancellationToken cancellationToken);

    /// <summary>Writes the placement of a base; false where there is no such base.</summary>
    Task<bool> WriteAsync(KnowledgeBaseId id, IndexPlacement placement, CancellationToken cancellationToken);

    /// <summary>Writes a placement where the base has the one that was read; false where somebody was faster or there is no such base.</summary>
    Task<bool> TryWriteAsync(KnowledgeBaseId id, IndexPlacement was, IndexPlacement placement, CancellationToken cancellationToken);

    /// <summary>
    /// Starts a move where the base has the placement that was read, with its entry in the audit log; false where somebody was faster, there is no
    /// such base, or it stays on this machine and the move would take it away.
    /// </summary>
    /// <param name="leaves">True where <paramref name="placement"/> is not on this machine.</param>
    /// <param name="by">Who does it, for the audit log.</param>
    Task<bool> StartMoveAsync(
        WorkspaceId workspace, KnowledgeBaseId id, IndexPlacement was, IndexPlacement placement, bool leaves, UserId? by, CancellationToken cancellationToken);

    /// <summary>True where no word of a base may leave this machine: by its own mark, or by that of its workspace.</summary>
    Task<bool> StaysAsync(KnowledgeBaseId id, CancellationToken cancellationToken);

    /// <summary>Names of the bases of a workspace that are in a store or on their way to it, or of one of them.</summary>
    Task<IReadOnlyList<string>> ListInAsync(WorkspaceId workspace, KnowledgeBaseId? id, IndexStore store, CancellationToken cancellationToken);

    /// <summary>Bases whose move is not at its end.</summary>
    Task<IReadOnlyList<KnowledgeBaseId>> ListMovingAsync(CancellationToken cancellationToken);

    /// <summary>The indexed documents of a base, oldest first.</summary>
    Task<IReadOnlyList<DocumentId>> ListDocumentsAsync(KnowledgeBaseId id, CancellationToken cancellationToken);
}

/// <summary>The door for moves of a base between stores.</summary>
public interface IIndexMoves
{
    /// <summary>The address of the Qdrant that is set up; null where none is.</summary>
    Uri? Qdrant { get; }

    /// <summary>
    /// Starts a move, or the way back of one that is going on. Fails where the base is unknown, where Qdrant is not set up, or does not answer.
    /// Searches are answered by the store that it comes from until the copy was compared. A base that stays on this machine is not moved to a Qdrant
    /// that is elsewhere.
    /// </summary>
    /// <param name="by">Who does it, for the audit log.</param>
    Task<Result<IndexPlacement>> StartAsync(WorkspaceId workspace, KnowledgeBaseId id, IndexStore to, UserId? by, CancellationToken cancellationToken);

    /// <summary>
    /// Why a base, or with null a whole workspace, cannot be marked to stay on this machine: vectors of it are elsewhere. Null where it can.
    /// </summary>
    Task<Error?> FindElsewhereAsync(WorkspaceId workspace, KnowledgeBaseId? id, CancellationToken cancellationToken);
}
