using System.Text.Json;
using MistralStudio.Core;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Security;
using MistralStudio.Flows.Compilation;
using MistralStudio.Flows.Definitions;
using MistralStudio.Flows.Engine;
using MistralStudio.Flows.Hosting;
using MistralStudio.Web.Features.FlowsApi;

namespace MistralStudio.Web.Features.Flows;

/// <summary>Stores and engines that the page of a flow needs.</summary>
public sealed record FlowPageServices(IFlowStore Flows, IFlowVersions Versions, FlowPlans Plans, FlowPublication Publication, FlowRuns Runs);

/// <summary>A flow being edited as JSON, published and run. Driven by the page, or by a test without a browser.</summary>
public sealed class FlowState(FlowPageServices services, Caller caller)
{
    private const int PageOfVersions = 50;

    private string? _after;
    private string _saved = "";

    /// <summary>The flow as it was last read; null before that.</summary>
    public Flow? Flow { get; private set; }

    /// <summary>The definition as it is being edited.</summary>
    public string Text { get; private set; } = "";

    /// <summary>Why the text does not compile; none where it does.</summary>
    public IReadOnlyList<FlowProblem> Problems { get; private set; } = [];

    /// <summary>What the definition asks of who runs it, as far as it can be read.</summary>
    public IReadOnlyList<FlowInput> Inputs { get; private set; } = [];

    /// <summary>What a run gives; none where the text does not compile.</summary>
    public IReadOnlyList<Port> Outputs { get; private set; } = [];

    /// <summary>Why the last thing asked for was not done; null where it was.</summary>
    public Error? Error { get; private set; }

    /// <summary>True where the text is not what is saved.</summary>
    public bool IsDirty => Text != _saved;

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

        await ShowAsync(flow, cancellationToken);
        Error = null;
        return true;
    }

    /// <summary>Takes over what was typed and says what is wrong with it.</summary>
    public async Task EditAsync(string text, CancellationToken cancellationToken)
    {
        Text = text;
        await CheckAsync(cancellationToken);
    }

    /// <summary>Saves the text, which need not compile; false where <see cref="Error"/> says why not.</summary>
    public async Task<bool> SaveAsync(CancellationToken cancellationToken)
    {
        Need(Permissions.FlowsWrite);
        var read = FlowDefinitions.Read(Text);
        return read.IsSuccess ? await KeepAsync(Flow!.Name, FlowDefinitions.Write(read.Value), cancellationToken) : Refused(read.Error);
    }

    /// <summary>Renames the flow and leaves what is being edited; false where <see cref="Error"/> says why not.</summary>
    public async Task<bool> RenameAsync(string name, CancellationToken cancellationToken)
    {
        Need(Permissions.FlowsWrite);
        var saved = await services.Flows.SaveDraftAsync(caller.Workspace, Flow!.Id, Flow.Revision, name, Flow.Draft, cancellationToken);
        Error = saved.Error;
        Flow = saved.IsSuccess ? saved.Value : Flow;
        return saved.IsSuccess;
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
        return found.IsSuccess ? await KeepAsync(Flow!.Name, FlowDefinitions.Write(found.Value), cancellationToken) : Refused(found.Error);
    }

    /// <summary>What is different in what is being edited since a version; null where <see cref="Error"/> says why nobody knows.</summary>
    public async Task<IReadOnlyList<FlowChange>?> DiffAsync(int number, CancellationToken cancellationToken)
    {
        var (before, after) = (await FindVersionAsync(number, cancellationToken), FlowDefinitions.Read(Text));
        Error = before.Error ?? after.Error;
        return Error is null ? DefinitionDiff.Of(before.Value, after.Value) : null;
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
    public async Task<RunId?> RunAsync(int? number, IReadOnlyDictionary<string, JsonElement> inputs, CancellationToken cancellationToken)
    {
        Need(Permissions.FlowsRun);
        var started = await services.Runs.StartAsync(
            new RunOrder
            {
                Workspace = caller.Workspace,
                Flow = Flow!.Id,
                Version = number is { } version ? VersionChoice.Of(version) : VersionChoice.Draft,
                Inputs = inputs,
                By = caller.User,
            },
            cancellationToken);
        Error = started.Error;
        return started.IsSuccess ? started.Value : null;
    }

    /// <summary>Forgets why the last thing was not done.</summary>
    public void Forget() => Error = null;

    private async Task<Result<FlowDefinition>> FindVersionAsync(int number, CancellationToken cancellationToken) =>
        await services.Versions.FindAsync(caller.Workspace, Flow!.Slug, number, cancellationToken) is { } version
            ? FlowDefinitions.Read(version.Json)
            : HostingErrors.NoSuchVersion(Flow.Slug, number);

    private async Task<bool> KeepAsync(string name, string draft, CancellationToken cancellationToken)
    {
        var saved = await services.Flows.SaveDraftAsync(caller.Workspace, Flow!.Id, Flow.Revision, name, draft, cancellationToken);
        if (!saved.IsSuccess)
        {
            return Refused(saved.Error);
        }

        await ShowAsync(saved.Value, cancellationToken);
        Error = null;
        return true;
    }

    private Task ShowAsync(Flow flow, CancellationToken cancellationToken)
    {
        Flow = flow;
        _saved = Text = Indent(flow.Draft);
        return CheckAsync(cancellationToken);
    }

    private async Task CheckAsync(CancellationToken cancellationToken)
    {
        var read = FlowDefinitions.Read(Text);
        if (!read.IsSuccess)
        {
            (Problems, Outputs, Compiles) = ([FlowProblem.Of("", read.Error)], [], false);
            return;
        }

        var compiled = await services.Plans.CompileAsync(caller.Workspace, read.Value, cancellationToken);
        (Problems, Inputs, Outputs, Compiles) = (compiled.Problems, read.Value.Inputs, compiled.Plan?.Outputs ?? [], compiled.Plan is not null);
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

    // A draft is kept as canonical JSON; people read it in the order of the format, with lines.
    private static string Indent(string json) =>
        FlowDefinitions.Read(json) is { IsSuccess: true } read ? ValueField.Indent(JsonSerializer.SerializeToElement(read.Value, FlowJson.Relaxed)) : json;
}
