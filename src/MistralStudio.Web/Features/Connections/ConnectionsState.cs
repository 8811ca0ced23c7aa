using MistralStudio.Core;
using MistralStudio.Core.Connections;
using MistralStudio.Core.Egress;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Models;
using MistralStudio.Core.Security;

namespace MistralStudio.Web.Features.Connections;

/// <summary>The connections of a workspace, the hosts that it may reach, and what of it stays here. Driven by the page, or by a test without a browser.</summary>
public sealed class ConnectionsState(
    IConnectionStore store, IRemoteModels remote, IWorkspaceHosts hosts, IDataClasses classes, IKnowledgeStore knowledge, IModelRouter router, IIndexMoves moves, Caller caller)
{
    private const int MostBases = 500;

    private readonly Dictionary<ConnectionId, Result<TimeSpan>> _outcomes = [];
    private readonly HashSet<ConnectionId> _testing = [];

    /// <summary>By name; null before <see cref="LoadAsync"/>.</summary>
    public IReadOnlyList<Connection>? Connections { get; private set; }

    /// <summary>Hosts beyond the public internet that an owner allowed.</summary>
    public IReadOnlyList<AllowedHost> Hosts { get; private set; } = [];

    /// <summary>Knowledge bases of the workspace, newest first.</summary>
    public IReadOnlyList<KnowledgeBase> Bases { get; private set; } = [];

    /// <summary>True where the whole workspace stays on this machine.</summary>
    public bool Stays { get; private set; }

    /// <summary>The form; null while it is closed.</summary>
    public ConnectionDraft? Draft { get; private set; }

    /// <summary>What the server of the form lists; null before it was asked.</summary>
    public IReadOnlyList<string>? Offered { get; private set; }

    /// <summary>Models that may stand in where the connection of the form fails.</summary>
    public IReadOnlyList<ModelChoice> StandIns { get; private set; } = [];

    /// <summary>What went wrong last; null where nothing did.</summary>
    public Error? Error { get; private set; }

    /// <summary>True where the person may let the workspace reach a private network.</summary>
    public bool MayAllow => caller.May(Permissions.EgressAllow);

    /// <summary>How the last test of a connection ended; null where there was none.</summary>
    public Result<TimeSpan>? OutcomeOf(Connection connection) => _outcomes.TryGetValue(connection.Id, out var outcome) ? outcome : (Result<TimeSpan>?)null;

    /// <summary>True while a connection is tried.</summary>
    public bool IsTesting(Connection connection) => _testing.Contains(connection.Id);

    /// <summary>Reads everything.</summary>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        Require(Permissions.ConnectionsManage);
        Hosts = await hosts.ListAsync(caller.Workspace, cancellationToken);
        Stays = await classes.StaysAsync(caller.Workspace, cancellationToken);
        Bases = (await knowledge.ListBasesAsync(caller.Workspace, null, null, MostBases, cancellationToken)).Items;
        Connections = await store.ListAsync(caller.Workspace, cancellationToken);
    }

    /// <summary>Opens the form; null for a new connection.</summary>
    public async Task OpenAsync(Connection? connection, CancellationToken cancellationToken)
    {
        (Error, Offered) = (null, null);
        var models = await router.ListAsync(caller.Workspace, cancellationToken);
        StandIns = [.. models.Where(model => model.Task == ModelTask.Chat && !model.Id.StartsWith("app:", StringComparison.Ordinal))];
        Draft = connection is null ? ConnectionDraft.New() : ConnectionDraft.Of(connection);
    }

    /// <summary>Closes the form; what was typed is forgotten, a key before all.</summary>
    public void Close() => (Draft, Offered, Error) = (null, null, null);

    /// <summary>Asks the server of the form what it offers.</summary>
    public async Task ListModelsAsync(CancellationToken cancellationToken)
    {
        Require(Permissions.ConnectionsManage);
        var settings = Draft!.ToSettings();
        var opened = settings.IsSuccess
            ? await store.DraftAsync(caller.Workspace, Draft.Kept?.Id, settings.Value with { Name = settings.Value.Name.Length == 0 ? "new" : settings.Value.Name }, Draft.KeyToSave, cancellationToken)
            : settings.Error;
        var listed = opened.IsSuccess ? await remote.ListAsync(opened.Value, cancellationToken) : opened.Error;
        Error = listed.Error;
        Offered = listed.IsSuccess ? listed.Value : null;
    }

    /// <summary>Saves the form, closes it and tries the connection; false where it was refused, see <see cref="Error"/>.</summary>
    public async Task<Connection?> SaveAsync(CancellationToken cancellationToken)
    {
        Require(Permissions.ConnectionsManage);
        var settings = Draft!.ToSettings();
        Result<Connection> saved = settings switch
        {
            { IsSuccess: false } => settings.Error,
            _ when Draft.Kept is { } kept => await store.SaveAsync(
                caller.Workspace, kept.Id, kept.Revision, settings.Value, Draft.KeyToSave, caller.User!.Value, cancellationToken),
            _ => await store.CreateAsync(caller.Workspace, Draft.Slug.Trim(), settings.Value, Draft.KeyToSave, caller.User!.Value, cancellationToken),
        };
        Error = saved.Error;
        if (!saved.IsSuccess)
        {
            return null;
        }

        Close();
        _outcomes.Remove(saved.Value.Id);
        await LoadAsync(cancellationToken);
        return saved.Value;
    }

    /// <summary>Tries a connection.</summary>
    public async Task TestAsync(Connection connection, CancellationToken cancellationToken)
    {
        Require(Permissions.ConnectionsManage);
        if (!_testing.Add(connection.Id))
        {
            return;
        }

        try
        {
            var opened = await store.OpenAsync(caller.Workspace, connection.Slug, cancellationToken) ?? ConnectionErrors.NotFound();
            _outcomes[connection.Id] = opened.IsSuccess ? await remote.TestAsync(opened.Value, cancellationToken) : opened.Error;
        }
        finally
        {
            _testing.Remove(connection.Id);
        }
    }

    /// <summary>Removes a connection; false where it is in use, see <see cref="Error"/>.</summary>
    public async Task<bool> DeleteAsync(Connection connection, CancellationToken cancellationToken)
    {
        Require(Permissions.ConnectionsManage);
        Error = (await store.DeleteAsync(caller.Workspace, connection.Id, caller.User!.Value, cancellationToken)).Error;
        await LoadAsync(cancellationToken);
        return Error is null;
    }

    /// <summary>Allows a host by its <c>host:port</c>; false where the text is none.</summary>
    public async Task<bool> AllowAsync(string text, CancellationToken cancellationToken)
    {
        Require(Permissions.EgressAllow);
        Error = HostAndPort.TryParse(text.Trim(), out var place) ? null : ConnectionsApi.BorderErrors.NoPlace(text);
        if (Error is null)
        {
            await hosts.AllowAsync(caller.Workspace, place, caller.User!.Value, cancellationToken);
            Hosts = await hosts.ListAsync(caller.Workspace, cancellationToken);
        }

        return Error is null;
    }

    /// <summary>Takes a host back.</summary>
    public async Task WithdrawAsync(HostAndPort place, CancellationToken cancellationToken)
    {
        Require(Permissions.EgressAllow);
        await hosts.WithdrawAsync(caller.Workspace, place, caller.User!.Value, cancellationToken);
        Hosts = await hosts.ListAsync(caller.Workspace, cancellationToken);
    }

    /// <summary>Keeps the whole workspace on this machine, or lets it go.</summary>
    public async Task KeepAsync(bool stays, CancellationToken cancellationToken)
    {
        Require(Permissions.WorkspaceManage);
        Error = stays ? await moves.FindElsewhereAsync(caller.Workspace, null, cancellationToken) : null;
        if (Error is null)
        {
            await classes.SetAsync(caller.Workspace, stays, caller.User!.Value, cancellationToken);
        }

        await LoadAsync(cancellationToken);
    }

    /// <summary>Keeps a knowledge base on this machine, or lets it go.</summary>
    public async Task KeepAsync(KnowledgeBase found, bool stays, CancellationToken cancellationToken)
    {
        Require(Permissions.ConnectionsManage);
        Error = stays ? await moves.FindElsewhereAsync(caller.Workspace, found.Id, cancellationToken) : null;
        if (Error is null)
        {
            await classes.SetAsync(caller.Workspace, found.Id, stays, caller.User!.Value, cancellationToken);
        }

        await LoadAsync(cancellationToken);
    }

    private void Require(string permission)
    {
        if (!caller.May(permission) || caller.User is null)
        {
            throw new UnauthorizedAccessException($"This needs {permission}.");
        }
    }
}
