using System.Text.Json;
using MistralStudio.Core;
using MistralStudio.Core.Blobs;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Security;
using MistralStudio.Flows.Compilation;
using MistralStudio.Flows.Definitions;
using MistralStudio.Flows.Editing;
using MistralStudio.Flows.Engine;
using MistralStudio.Flows.Hosting;
using MistralStudio.Web.Features.Flows.Editor;
using MistralStudio.Web.Features.FlowsApi;

namespace MistralStudio.Web.Features.Flows;

/// <summary>Stores and engines that the page of a flow needs.</summary>
/// <param name="Blobs">Keeps the files that a run is started with.</param>
/// <param name="Drafts">Drafts that several pages have open together; null: this page keeps one for itself.</param>
/// <param name="Pins">Pinned outputs of drafts; null: this page knows none.</param>
public sealed record FlowPageServices(
    IFlowStore Flows, IFlowVersions Versions, FlowPlans Plans, FlowPublication Publication, FlowRuns Runs, IBlobStore Blobs, FlowDrafts? Drafts = null, DraftPins? Pins = null);

/// <summary>A flow being edited, published and run. Driven by the page, or by a test without a browser.</summary>
public sealed partial class FlowState(FlowPageServices services, Caller caller) : IDisposable
{
    private FlowDraft? _draft;
    private string? _typed;
    private (long Revision, string Text)? _written;

    /// <summary>The flow as it was last read; null before that.</summary>
    public Flow? Flow => _draft?.Flow;

    /// <summary>The draft that is edited.</summary>
    public FlowDraft Draft => _draft ?? throw new InvalidOperationException("No flow was read.");

    /// <summary>The definition as it is being edited, as JSON: what was typed, as long as nobody edited it otherwise.</summary>
    public string Text => _typed ?? Written();

    /// <summary>What can be seen of the definition; null before it was looked at.</summary>
    public FlowLook? Look { get; private set; }

    /// <summary>Why the text does not compile; none where it does.</summary>
    public IReadOnlyList<FlowProblem> Problems { get; private set; } = [];

    /// <summary>What the definition asks of who runs it, as far as it can be read.</summary>
    public IReadOnlyList<FlowInput> Inputs { get; private set; } = [];

    /// <summary>What a run gives; none where the text does not compile.</summary>
    public IReadOnlyList<Port> Outputs { get; private set; } = [];

    /// <summary>Why the last thing asked for was not done; null where it was.</summary>
    public Error? Error { get; private set; }

    /// <summary>True where what is edited is not what is saved.</summary>
    public bool IsDirty => _draft?.IsDirty == true || (_typed is not null && FlowDefinitions.Read(_typed) is { IsSuccess: false });

    /// <summary>True where the text compiles.</summary>
    public bool Compiles { get; private set; }

    /// <summary>True where the caller may edit.</summary>
    public bool MayWrite => caller.May(Permissions.FlowsWrite);

    /// <summary>True where the caller may publish, and say what starts runs.</summary>
    public bool MayPublish => caller.May(Permissions.FlowsPublish);

    /// <summary>True where the caller may run it.</summary>
    public bool MayRun => caller.May(Permissions.FlowsRun);

    /// <summary>Reads a flow; false where there is none.</summary>
    public async Task<bool> LoadAsync(FlowId id, CancellationToken cancellationToken)
    {
        if (await services.Flows.FindAsync(caller.Workspace, id, cancellationToken) is not { } flow)
        {
            return false;
        }

        if (_draft is null)
        {
            _draft = services.Drafts?.Open(flow, this, caller.User) ?? new FlowDraft(services.Flows, flow);
        }
        else
        {
            _draft.Take(flow, this);
        }

        _typed = null;
        if (services.Pins is { } pins)
        {
            _draft.Pin(await pins.ListAsync(caller.Workspace, id, cancellationToken));
        }

        await CheckAsync(cancellationToken);
        Error = null;
        return true;
    }

    /// <summary>Takes over what was typed and says what is wrong with it.</summary>
    public async Task EditAsync(string text, CancellationToken cancellationToken)
    {
        _typed = text;
        if (FlowDefinitions.Read(text) is { IsSuccess: true } read)
        {
            Draft.Do(new ReplaceFlow(read.Value, "Source"), this);
        }

        await CheckAsync(cancellationToken);
    }

    /// <summary>Does something to the definition; false where <see cref="Error"/> says why not.</summary>
    public async Task<bool> DoAsync(FlowCommand command, CancellationToken cancellationToken)
    {
        Need(Permissions.FlowsWrite);
        return await TookAsync(Draft.Do(command, this), cancellationToken);
    }

    /// <summary>Undoes the last thing that was done on this page.</summary>
    public async Task<bool> UndoAsync(CancellationToken cancellationToken)
    {
        Need(Permissions.FlowsWrite);
        return await TookAsync(Draft.Undo(this), cancellationToken);
    }

    /// <summary>Does again what was undone last on this page.</summary>
    public async Task<bool> RedoAsync(CancellationToken cancellationToken)
    {
        Need(Permissions.FlowsWrite);
        return await TookAsync(Draft.Redo(this), cancellationToken);
    }

    /// <summary>Looks at a definition as it could be.</summary>
    public ValueTask<FlowLook> LookAtAsync(FlowDefinition definition, CancellationToken cancellationToken) => services.Plans.LookAsync(caller.Workspace, definition, cancellationToken);

    /// <summary>Looks at the definition again: somebody else edited it.</summary>
    public Task LookAgainAsync(CancellationToken cancellationToken)
    {
        _typed = null;
        return CheckAsync(cancellationToken);
    }

    /// <summary>Saves the text, which need not compile; false where <see cref="Error"/> says why not.</summary>
    public async Task<bool> SaveAsync(CancellationToken cancellationToken)
    {
        Need(Permissions.FlowsWrite);
        if (_typed is not null && FlowDefinitions.Read(_typed) is { IsSuccess: false } wrong)
        {
            return Refused(wrong.Error!);
        }

        Error = await Draft.SaveAsync(cancellationToken);
        _typed = Error is null ? null : _typed;
        return Error is null;
    }

    /// <summary>Renames the flow and leaves what is being edited; false where <see cref="Error"/> says why not.</summary>
    public async Task<bool> RenameAsync(string name, CancellationToken cancellationToken)
    {
        Need(Permissions.FlowsWrite);
        Error = await Draft.RenameAsync(name, cancellationToken);
        return Error is null;
    }

    /// <summary>Removes the flow; false where <see cref="Error"/> says why not.</summary>
    public async Task<bool> DeleteAsync(CancellationToken cancellationToken)
    {
        Need(Permissions.FlowsWrite);
        var deleted = await services.Flows.DeleteAsync(caller.Workspace, Flow!.Id, caller.User, cancellationToken);
        Error = deleted.Error;
        return deleted.IsSuccess;
    }

    /// <summary>Forgets why the last thing was not done.</summary>
    public void Forget() => Error = null;

    private async Task<bool> TookAsync(Result<FlowEdit?> edit, CancellationToken cancellationToken)
    {
        Error = edit.Error;
        if (edit is { IsSuccess: true, Value: not null })
        {
            _typed = null;
            await CheckAsync(cancellationToken);
        }

        return edit.IsSuccess;
    }

    private async Task CheckAsync(CancellationToken cancellationToken)
    {
        if (_typed is not null && FlowDefinitions.Read(_typed) is { IsSuccess: false } wrong)
        {
            (Problems, Outputs, Compiles) = ([FlowProblem.Of("", wrong.Error!)], [], false);
            return;
        }

        var look = await services.Plans.LookAsync(caller.Workspace, Draft.Definition, cancellationToken);
        (Look, Problems, Inputs, Outputs, Compiles) = (look, look.Problems, look.Definition.Inputs, look.Plan?.Outputs ?? [], look.Plan is not null);
    }

    private bool Refused(Error error)
    {
        Error = error;
        return false;
    }

    private void Need(string permission)
    {
        if (!caller.May(permission) || caller.User is null)
        {
            throw new UnauthorizedAccessException($"This needs {permission}.");
        }
    }

    // People read a definition in the order of the format, with lines.
    private string Written()
    {
        if (_draft is null)
        {
            return "";
        }

        var (definition, revision) = _draft.Now;
        if (_written is not { } written || written.Revision != revision)
        {
            _written = written = (revision, ValueField.Indent(JsonSerializer.SerializeToElement(definition, FlowJson.Relaxed)));
        }

        return written.Text;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_draft is not null)
        {
            services.Drafts?.Leave(_draft, this);
        }
    }
}
