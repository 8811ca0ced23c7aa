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

/// <summary>A file that a run is started with.</summary>
/// <param name="Input">Name of the input.</param>
public sealed record RunFile(string Input, string Name, string MediaType, Func<Stream> Open);

/// <summary>A flow being edited, published and run. Driven by the page, or by a test without a browser.</summary>
public sealed partial class FlowState(FlowPageServices services, Caller caller) : IDisposable
{
    private const int PageOfVersions = 50;

    private string? _after;
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

    /// <summary>Versions, newest first; null before they were read.</summary>
    public IReadOnlyList<PublishedFlow>? Versions { get; private set; }

    /// <summary>True where older versions can be asked for.</summary>
    public bool HasMoreVersions => _after is not null;

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

    /// <summary>Saves what is being edited and publishes it; false where <see cref="Error"/> or <see cref="Problems"/> say why not.</summary>
    public async Task<bool> PublishAsync(string message, CancellationToken cancellationToken)
    {
        Need(Permissions.FlowsPublish);
        if (IsDirty && !await SaveAsync(cancellationToken))
        {
            return false;
        }

        var published = await services.Publication.PublishAsync(caller.Workspace, Flow!.Id, Flow.Revision, message, caller.User!.Value, cancellationToken);
        if (published.Version is null)
        {
            Problems = published.Problems;
            return Refused(published.Refusal ?? FlowApiErrors.DoesNotCompile(published.Problems.Count));
        }

        await LoadAsync(Flow.Id, cancellationToken);
        Versions = null;
        return true;
    }

    /// <summary>Makes a flow of its own and publishes it; what calls it by, or null where <see cref="Error"/> says why not.</summary>
    public async Task<string?> MakeOfAsync(FlowDefinition definition, string name, CancellationToken cancellationToken)
    {
        Need(Permissions.FlowsWrite);
        Need(Permissions.FlowsPublish);
        var look = await LookAtAsync(definition, cancellationToken);
        if (look.Plan is null)
        {
            Error = FlowApiErrors.DoesNotCompile(look.Problems.Count);
            return null;
        }

        var made = await services.Flows.CreateAsync(caller.Workspace, name, FlowDefinitions.Write(definition), caller.User!.Value, cancellationToken);
        if (!made.IsSuccess)
        {
            Error = made.Error;
            return null;
        }

        var published = await services.Publication.PublishAsync(caller.Workspace, made.Value.Id, made.Value.Revision, "", caller.User!.Value, cancellationToken);
        Error = published.Version is null ? published.Refusal ?? FlowApiErrors.DoesNotCompile(published.Problems.Count) : null;
        return published.Version is { } version ? $"{made.Value.Slug}@{version.Number}" : null;
    }

    /// <summary>Reads the newest versions.</summary>
    public async Task ListVersionsAsync(CancellationToken cancellationToken)
    {
        Versions = [];
        _after = null;
        await MoreVersionsAsync(cancellationToken);
    }

    /// <summary>Reads older versions below the present ones.</summary>
    public async Task MoreVersionsAsync(CancellationToken cancellationToken)
    {
        var page = await services.Flows.ListVersionsAsync(caller.Workspace, Flow!.Id, _after, PageOfVersions, cancellationToken);
        Versions = [.. Versions ?? [], .. page?.Items ?? []];
        _after = page?.After;
    }

    /// <summary>Makes a version the draft; false where <see cref="Error"/> says why not.</summary>
    public async Task<bool> RestoreAsync(int number, CancellationToken cancellationToken)
    {
        Need(Permissions.FlowsWrite);
        var found = await FindVersionAsync(number, cancellationToken);
        if (!found.IsSuccess)
        {
            return Refused(found.Error);
        }

        Draft.Do(new ReplaceFlow(found.Value, "Version"), this);
        _typed = null;
        await CheckAsync(cancellationToken);
        return await SaveAsync(cancellationToken);
    }

    /// <summary>A version, or what is edited where no number is given; null where <see cref="Error"/> says why there is none.</summary>
    public async Task<FlowDefinition?> DefinitionAsync(int? number, CancellationToken cancellationToken)
    {
        var found = number is { } version ? await FindVersionAsync(version, cancellationToken) : FlowDefinitions.Read(Text);
        Error = found.Error;
        return found.IsSuccess ? found.Value : null;
    }

    /// <summary>What a version asks of who runs it; what is saved where no version is named.</summary>
    public async Task<IReadOnlyList<FlowInput>> InputsOfAsync(int? number, CancellationToken cancellationToken)
    {
        if (number is not { } version)
        {
            return FlowDefinitions.Read(Flow!.Draft) is { IsSuccess: true } draft ? draft.Value.Inputs : [];
        }

        var found = await FindVersionAsync(version, cancellationToken);
        Error = found.Error;
        return found.IsSuccess ? found.Value.Inputs : [];
    }

    /// <summary>Starts a run of a version, or of what is saved; null where <see cref="Error"/> says why not.</summary>
    /// <param name="isPinned">True where nodes of the draft that are pinned give what they are pinned to instead of being run.</param>
    public async Task<RunId?> RunAsync(
        int? number, IReadOnlyDictionary<string, JsonElement> inputs, IReadOnlyList<RunFile> files, CancellationToken cancellationToken, bool isPinned = true)
    {
        Need(Permissions.FlowsRun);
        // Files belong to the run from the first byte, so that they go with it.
        var (run, given, kept) = (RunId.New(), new Dictionary<string, JsonElement>(inputs, StringComparer.Ordinal), new List<BlobReference>());
        Error = null;
        foreach (var file in files)
        {
            await using var content = file.Open();
            var put = await services.Blobs.PutAsync(caller.Workspace, FlowValue.OwnerOf(run), content, FlowValue.MostBytes, cancellationToken);
            if (!put.IsSuccess)
            {
                Error = put.Error;
                break;
            }

            kept.Add(put.Value);
            given[file.Input] = JsonSerializer.SerializeToElement(new { sha256 = put.Value.Sha256, name = file.Name, bytes = put.Value.Bytes, mediaType = file.MediaType }, FlowJson.Relaxed);
        }

        Error ??= (await services.Runs.StartAsync(
            new RunOrder
            {
                Id = run,
                Workspace = caller.Workspace,
                Flow = Flow!.Id,
                Version = number is { } version ? VersionChoice.Of(version) : VersionChoice.Draft,
                Pins = isPinned && number is null ? Pins : new Dictionary<string, FlowPin>(),
                Inputs = given,
                By = caller.User,
            },
            cancellationToken)).Error;
        if (Error is null)
        {
            return run;
        }

        foreach (var file in kept)
        {
            await services.Blobs.ReleaseAsync(caller.Workspace, file.Sha256, FlowValue.OwnerOf(run), cancellationToken);
        }

        return null;
    }

    /// <summary>Forgets why the last thing was not done.</summary>
    public void Forget() => Error = null;

    private async Task<Result<FlowDefinition>> FindVersionAsync(int number, CancellationToken cancellationToken) =>
        await services.Versions.FindAsync(caller.Workspace, Flow!.Slug, number, cancellationToken) is { } version
            ? FlowDefinitions.Read(version.Json)
            : HostingErrors.NoSuchVersion(Flow.Slug, number);

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
