using MistralStudio.Core;
using MistralStudio.Core.Flows;
using MistralStudio.Flows.Definitions;
using MistralStudio.Flows.Editing;

namespace MistralStudio.Web.Features.Flows.Editor;

/// <summary>The draft of a flow while it is open: edited by one person or several, each of whom undoes what they did, and saved as one.</summary>
public sealed class FlowDraft(IFlowStore store, Flow flow)
{
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _saving = new(1);
    private readonly FlowEditor _editor = new(Read(flow));
    private Flow _flow = flow;
    private long _saved;

    /// <summary>Somebody did something. Called on the thread of whoever did.</summary>
    public event Action<FlowEdit>? Edited;

    /// <summary>It was saved, or could not be; or other nodes are pinned.</summary>
    public event Action? Saved;

    /// <summary>Who has it open.</summary>
    public FlowPresence Presence { get; } = new();

    /// <summary>The flow as it was last stored.</summary>
    public Flow Flow
    {
        get
        {
            lock (_gate)
            {
                return _flow;
            }
        }
    }

    /// <summary>The definition as it is now.</summary>
    public FlowDefinition Definition => Now.Definition;

    /// <summary>The definition and its number, which rises with every change.</summary>
    public (FlowDefinition Definition, long Revision) Now
    {
        get
        {
            lock (_gate)
            {
                return (_editor.Definition, _editor.Revision);
            }
        }
    }

    /// <summary>True where it is not what is stored.</summary>
    public bool IsDirty
    {
        get
        {
            lock (_gate)
            {
                return _editor.Revision != _saved;
            }
        }
    }

    /// <summary>Nodes that are not run when the draft is tried, by their paths, with what they give instead. Beside the draft, not a part of it.</summary>
    public IReadOnlyDictionary<string, FlowPin> Pins { get; private set; } = new Dictionary<string, FlowPin>();

    /// <summary>Why it was not saved the last time; null where it was.</summary>
    public Error? Refusal { get; private set; }

    /// <summary>Does something.</summary>
    public Result<FlowEdit?> Do(FlowCommand command, object by) => Change(editor => editor.Do(command, by));

    /// <summary>Undoes what somebody did last.</summary>
    public Result<FlowEdit?> Undo(object by) => Change(editor => editor.Undo(by));

    /// <summary>Does again what somebody undid last.</summary>
    public Result<FlowEdit?> Redo(object by) => Change(editor => editor.Redo(by));

    /// <summary>What somebody would undo and do again; null for nothing.</summary>
    public (string? Undo, string? Redo) NextOf(object by)
    {
        lock (_gate)
        {
            return (_editor.NextUndo(by), _editor.NextRedo(by));
        }
    }

    /// <summary>What somebody types from now on is undone apart from what they typed before.</summary>
    public void Seal(object by)
    {
        lock (_gate)
        {
            _editor.Seal(by);
        }
    }

    /// <summary>Stores it; the reason where it cannot be, as when somebody else stored another meanwhile.</summary>
    public Task<Error?> SaveAsync(CancellationToken cancellationToken) => KeepAsync(null, cancellationToken);

    /// <summary>Renames the flow; what is edited is stored with it.</summary>
    public Task<Error?> RenameAsync(string name, CancellationToken cancellationToken) => KeepAsync(name, cancellationToken);

    /// <summary>Takes over what is stored in the place of what is edited here. It can be undone.</summary>
    public void Take(Flow stored, object by)
    {
        ArgumentNullException.ThrowIfNull(stored);
        FlowEdit? edit;
        lock (_gate)
        {
            _flow = stored;
            var there = Read(stored);
            edit = FlowDefinitions.Write(there) == FlowDefinitions.Write(_editor.Definition) ? null : _editor.Do(new ReplaceFlow(there, "Theirs"), by).Value;
            _saved = _editor.Revision;
            Refusal = null;
        }

        if (edit is not null)
        {
            Edited?.Invoke(edit);
        }

        Saved?.Invoke();
    }

    /// <summary>A version was published, here or elsewhere: what is edited goes on from it. Where another draft was stored before that, saving says so.</summary>
    public void Published(Flow stored)
    {
        ArgumentNullException.ThrowIfNull(stored);
        lock (_gate)
        {
            _flow = string.Equals(stored.Draft, _flow.Draft, StringComparison.Ordinal) ? stored : _flow with { PublishedVersion = stored.PublishedVersion };
        }

        Saved?.Invoke();
    }

    /// <summary>Other nodes are pinned now.</summary>
    public void Pin(IReadOnlyDictionary<string, FlowPin> pins)
    {
        Pins = pins;
        Saved?.Invoke();
    }

    /// <summary>Forgets what somebody could undo: they left.</summary>
    internal void Forget(object by)
    {
        lock (_gate)
        {
            _editor.Forget(by);
        }
    }

    private Result<FlowEdit?> Change(Func<FlowEditor, Result<FlowEdit?>> act)
    {
        Result<FlowEdit?> edit;
        lock (_gate)
        {
            edit = act(_editor);
        }

        if (edit is { IsSuccess: true, Value: { } made })
        {
            Edited?.Invoke(made);
        }

        return edit;
    }

    private async Task<Error?> KeepAsync(string? name, CancellationToken cancellationToken)
    {
        await _saving.WaitAsync(cancellationToken);
        try
        {
            var (definition, revision) = Now;
            var before = Flow;
            if (name is null && !IsDirty)
            {
                return Refusal = null;
            }

            var kept = await store.SaveDraftAsync(before.Workspace, before.Id, before.Revision, name ?? before.Name, FlowDefinitions.Write(definition), cancellationToken);
            if (kept.Error?.Code == FlowStoreErrors.Conflict().Code
                && await store.FindAsync(before.Workspace, before.Id, cancellationToken) is { } stored && string.Equals(stored.Draft, before.Draft, StringComparison.Ordinal))
            {
                // A version was published, or the flow renamed, under the open draft: what is edited comes after that.
                kept = await store.SaveDraftAsync(before.Workspace, before.Id, stored.Revision, name ?? stored.Name, FlowDefinitions.Write(definition), cancellationToken);
            }

            lock (_gate)
            {
                if (kept.IsSuccess)
                {
                    (_flow, _saved) = (kept.Value, revision);
                }
            }

            Refusal = name is null || kept.IsSuccess ? kept.Error : Refusal;
            return kept.Error;
        }
        finally
        {
            _saving.Release();
            Saved?.Invoke();
        }
    }

    // What is stored was written by this studio, or read by it before it was; what cannot be read any more is begun anew, and stays stored until it is saved.
    internal static FlowDefinition Read(Flow flow) => FlowDefinitions.Read(flow.Draft) is { IsSuccess: true } read ? read.Value : new FlowDefinition();
}
