using MistralStudio.Core;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Security;

namespace MistralStudio.Web.Features.Knowledge;

/// <summary>Where the index of a base is, and its move to another store.</summary>
public sealed class PlacementState(IKnowledgeStore store, IIndexMoves moves, Caller caller, KnowledgeBase knowledge)
{
    /// <summary>Where it is, and where it is going.</summary>
    public IndexPlacement Placement { get; private set; } = knowledge.Placement;

    /// <summary>The Qdrant that is set up; null where none is.</summary>
    public Uri? Qdrant => moves.Qdrant;

    /// <summary>True where there is more than one place to be in.</summary>
    public bool IsShown => Qdrant is not null || Placement.Store != IndexStore.Embedded;

    /// <summary>True where the caller may move it.</summary>
    public bool MayMove => caller.May(Permissions.WorkspaceManage);

    /// <summary>Where it would be moved now; the way back while a move goes on.</summary>
    public IndexStore Other => (Placement.MovingTo ?? Placement.Store) == IndexStore.Embedded ? IndexStore.Qdrant : IndexStore.Embedded;

    /// <summary>What went wrong last, or why the move waits; null where nothing did.</summary>
    public Error? Error { get; private set; } = knowledge.Placement.Waiting;

    /// <summary>Starts the move to <see cref="Other"/>.</summary>
    public async Task MoveAsync(CancellationToken cancellationToken)
    {
        var started = await moves.StartAsync(caller.Workspace, knowledge.Id, Other, caller.User, cancellationToken);
        (Placement, Error) = started.Match<(IndexPlacement, Error?)>(placement => (placement, placement.Waiting), error => (Placement, error));
    }

    /// <summary>Looks how far a move has come; true where that changed.</summary>
    public async Task<bool> FollowAsync(CancellationToken cancellationToken)
    {
        if (Placement.MovingTo is null || await store.FindBaseAsync(caller.Workspace, knowledge.Id, cancellationToken) is not { Placement: var now } || now == Placement)
        {
            return false;
        }

        (Placement, Error) = (now, now.Waiting);
        return true;
    }
}
