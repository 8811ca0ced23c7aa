using MistralStudio.Core;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Security;
using MistralStudio.Flows.Definitions;
using MistralStudio.Flows.Editing;
using MistralStudio.Flows.Hosting;
using MistralStudio.Web.Features.FlowsApi;

namespace MistralStudio.Web.Features.Flows;

/// <content>Versions: published, listed, restored, and flows that are made of a part.</content>
public sealed partial class FlowState
{
    private const int PageOfVersions = 50;

    private string? _after;

    /// <summary>Versions, newest first; null before they were read.</summary>
    public IReadOnlyList<PublishedFlow>? Versions { get; private set; }

    /// <summary>True where older versions can be asked for.</summary>
    public bool HasMoreVersions => _after is not null;

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

    private async Task<Result<FlowDefinition>> FindVersionAsync(int number, CancellationToken cancellationToken) =>
        await services.Versions.FindAsync(caller.Workspace, Flow!.Slug, number, cancellationToken) is { } version
            ? FlowDefinitions.Read(version.Json)
            : HostingErrors.NoSuchVersion(Flow.Slug, number);
}
