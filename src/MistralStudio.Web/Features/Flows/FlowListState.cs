using MistralStudio.Core;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Security;
using MistralStudio.Flows.Definitions;

namespace MistralStudio.Web.Features.Flows;

/// <summary>The flows of a workspace, a page at a time. Driven by the page, or by a test without a browser.</summary>
public sealed class FlowListState(IFlowStore store, Caller caller)
{
    /// <summary>Flows on one page.</summary>
    public const int PageSize = 50;

    private string? _after;

    /// <summary>The flows shown, last changed first; null before the first read.</summary>
    public IReadOnlyList<Flow>? Flows { get; private set; }

    /// <summary>Part of the names looked for; empty for all.</summary>
    public string Search { get; private set; } = "";

    /// <summary>True where more can be shown below.</summary>
    public bool HasMore => _after is not null;

    /// <summary>Why the last thing asked for was not done; null where it was.</summary>
    public Error? Error { get; private set; }

    /// <summary>True where the caller may make, rename and delete flows.</summary>
    public bool MayWrite => caller.May(Permissions.FlowsWrite);

    /// <summary>Forgets why the last thing was not done.</summary>
    public void Forget() => Error = null;

    /// <summary>Says why something cannot be done.</summary>
    public void Refuse(Error error) => Error = error;

    /// <summary>Reads the first page of what matches.</summary>
    public async Task FindAsync(string text, CancellationToken cancellationToken)
    {
        Search = text.Trim();
        Flows = await ReadAsync(null, cancellationToken);
    }

    /// <summary>Reads the next page below the present ones.</summary>
    public async Task MoreAsync(CancellationToken cancellationToken)
    {
        if (_after is not null)
        {
            Flows = [.. Flows ?? [], .. await ReadAsync(_after, cancellationToken)];
        }
    }

    /// <summary>Makes a flow; null where <see cref="Error"/> says why not.</summary>
    public async Task<Flow?> CreateAsync(string name, FlowDefinition draft, CancellationToken cancellationToken)
    {
        var created = await store.CreateAsync(caller.Workspace, name, FlowDefinitions.Write(draft), Writer(), cancellationToken);
        Error = created.Error;
        return created.IsSuccess ? created.Value : null;
    }

    /// <summary>Renames a flow; false where <see cref="Error"/> says why not.</summary>
    public async Task<bool> RenameAsync(Flow flow, string name, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(flow);
        Writer();
        var saved = await store.SaveDraftAsync(caller.Workspace, flow.Id, flow.Revision, name, flow.Draft, cancellationToken);
        Error = saved.Error;
        if (saved.IsSuccess)
        {
            Flows = [.. (Flows ?? []).Select(one => one.Id == flow.Id ? saved.Value : one)];
        }
        else if (await store.FindAsync(caller.Workspace, flow.Id, cancellationToken) is { } now)
        {
            // The next try is about what is there now.
            Flows = [.. (Flows ?? []).Select(one => one.Id == flow.Id ? now : one)];
        }

        return saved.IsSuccess;
    }

    /// <summary>Removes a flow with all that belongs to it; false where <see cref="Error"/> says why not.</summary>
    public async Task<bool> DeleteAsync(Flow flow, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(flow);
        var deleted = await store.DeleteAsync(caller.Workspace, flow.Id, Writer(), cancellationToken);
        Error = deleted.Error;
        if (deleted.IsSuccess)
        {
            Flows = [.. (Flows ?? []).Where(one => one.Id != flow.Id)];
        }

        return deleted.IsSuccess;
    }

    private Core.Ids.UserId Writer() =>
        MayWrite && caller.User is { } person ? person : throw new UnauthorizedAccessException($"This needs {Permissions.FlowsWrite}.");

    private async Task<IReadOnlyList<Flow>> ReadAsync(string? after, CancellationToken cancellationToken)
    {
        var page = await store.ListAsync(caller.Workspace, Search, after, PageSize, cancellationToken);
        _after = page.After;
        return page.Items;
    }
}
