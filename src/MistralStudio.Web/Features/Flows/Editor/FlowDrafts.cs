using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Flows.Definitions;
using MistralStudio.Flows.Editing;

namespace MistralStudio.Web.Features.Flows.Editor;

/// <summary>The drafts that somebody has open in this process: whoever opens one that is open gets the same. They are saved as they are edited.</summary>
public sealed partial class FlowDrafts(IFlowStore store, TimeProvider clock, ILogger<FlowDrafts> logger)
{
    /// <summary>How long an edit may wait before it is saved.</summary>
    public static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(800);

    private readonly Lock _gate = new();
    private readonly Dictionary<(WorkspaceId, FlowId), OpenDraft> _open = [];

    /// <summary>Somebody did something to a draft that is open. Called on the thread of whoever did.</summary>
    public event Action<FlowDraft, FlowEdit>? Edited;

    /// <summary>The draft of a flow for somebody, who leaves it in the end.</summary>
    /// <param name="by">The page that it is open on.</param>
    /// <param name="user">Whose page that is.</param>
    public FlowDraft Open(Flow flow, object by, UserId? user)
    {
        ArgumentNullException.ThrowIfNull(flow);
        FlowDraft draft;
        lock (_gate)
        {
            if (!_open.TryGetValue((flow.Workspace, flow.Id), out var there))
            {
                var made = new FlowDraft(store, flow);
                there = _open[(flow.Workspace, flow.Id)] = new OpenDraft(made);
                made.Edited += edit =>
                {
                    Edited?.Invoke(made, edit);
                    _ = SaveSoonAsync(made);
                };
            }

            there.Pages++;
            draft = there.Draft;
        }

        draft.Presence.Enter(by, user);

        // A program stored or published another one meanwhile. What somebody edits here is not lost to it: saving it says that it came in between.
        if (flow.Revision > draft.Flow.Revision && !draft.IsDirty)
        {
            draft.Take(flow, by);
        }

        return draft;
    }

    /// <summary>The draft of a flow that somebody has open here; null where nobody has.</summary>
    public FlowDraft? Find(WorkspaceId workspace, FlowId flow)
    {
        lock (_gate)
        {
            return _open.GetValueOrDefault((workspace, flow))?.Draft;
        }
    }

    /// <summary>The draft of a flow as it is now, open or stored; null where there is no such flow.</summary>
    public async Task<FlowDefinition?> DefinitionAsync(WorkspaceId workspace, FlowId flow, CancellationToken cancellationToken) =>
        Find(workspace, flow)?.Definition ?? (await store.FindAsync(workspace, flow, cancellationToken) is { } stored ? FlowDraft.Read(stored) : null);

    /// <summary>Somebody leaves; what is not saved yet is saved.</summary>
    public void Leave(FlowDraft draft, object by)
    {
        ArgumentNullException.ThrowIfNull(draft);
        draft.Forget(by);
        draft.Presence.Leave(by);
        lock (_gate)
        {
            var key = (draft.Flow.Workspace, draft.Flow.Id);
            if (_open.TryGetValue(key, out var there) && --there.Pages == 0)
            {
                _open.Remove(key);
            }
        }

        if (draft.IsDirty)
        {
            _ = SaveAsync(draft);
        }
    }

    private async Task SaveSoonAsync(FlowDraft draft)
    {
        lock (_gate)
        {
            if (!_open.TryGetValue((draft.Flow.Workspace, draft.Flow.Id), out var there) || there.IsDue)
            {
                return;
            }

            there.IsDue = true;
        }

        await Task.Delay(Pace, clock);
        lock (_gate)
        {
            if (_open.TryGetValue((draft.Flow.Workspace, draft.Flow.Id), out var there))
            {
                there.IsDue = false;
            }
        }

        await SaveAsync(draft);
    }

    private async Task SaveAsync(FlowDraft draft)
    {
        try
        {
            // A conflict waits for a person: the draft says so until somebody chooses.
            if (draft.Refusal?.Code != FlowStoreErrors.Conflict().Code)
            {
                await draft.SaveAsync(CancellationToken.None);
            }
        }
        catch (Exception failed) when (failed is not OutOfMemoryException)
        {
            NotSaved(failed, draft.Flow.Id.ToString());
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The draft of flow {Flow} could not be saved.")]
    private partial void NotSaved(Exception failure, string flow);

    private sealed class OpenDraft(FlowDraft draft)
    {
        public FlowDraft Draft { get; } = draft;

        /// <summary>On how many pages it is open.</summary>
        public int Pages { get; set; }

        public bool IsDue { get; set; }
    }
}
