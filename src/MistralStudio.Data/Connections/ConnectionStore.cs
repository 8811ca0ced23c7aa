using Microsoft.AspNetCore.DataProtection;
using Microsoft.EntityFrameworkCore;
using MistralStudio.Core;
using MistralStudio.Core.Connections;
using MistralStudio.Core.Egress;
using MistralStudio.Core.Ids;
using MistralStudio.Data.Audit;
using MistralStudio.Data.Storage;

namespace MistralStudio.Data.Connections;

/// <inheritdoc cref="IConnectionStore"/>
internal sealed class ConnectionStore(
    IDbContextFactory<StudioDbContext> contexts, IDataProtectionProvider protection, IEnumerable<IAllowedHosts> allowed, TimeProvider time) : IConnectionStore
{
    private readonly ConnectionKeys _keys = new(protection);

    public async Task<IReadOnlyList<Connection>> ListAsync(WorkspaceId workspace, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = await context.Connections.AsNoTracking().Where(row => row.WorkspaceId == workspace).ToListAsync(cancellationToken);
        return [.. rows.Select(ToConnection).OrderBy(found => found.Settings.Name, StringComparer.CurrentCulture).ThenBy(found => found.Slug, StringComparer.Ordinal)];
    }

    public async Task<Connection?> FindAsync(WorkspaceId workspace, ConnectionId id, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var row = await context.Connections.AsNoTracking().FirstOrDefaultAsync(found => found.Id == id && found.WorkspaceId == workspace, cancellationToken);
        return row is null ? null : ToConnection(row);
    }

    public async Task<Result<Connection>> CreateAsync(
        WorkspaceId workspace, string? slug, ConnectionSettings settings, string? key, UserId by, CancellationToken cancellationToken)
    {
        if (FindFault(ref settings, key) is { } fault)
        {
            return fault;
        }

        if (!string.IsNullOrEmpty(slug) && !ConnectionRules.IsSlug(slug))
        {
            return ConnectionErrors.Wrong("slug", $"\"{slug}\" cannot stand before the slash.", "Use up to 63 lower-case letters, digits and hyphens.");
        }

        if (!string.IsNullOrEmpty(key) && await FindLeakAsync(workspace, settings.Address, cancellationToken) is { } leak)
        {
            return leak;
        }

        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        var taken = await context.Connections.Where(row => row.WorkspaceId == workspace).Select(row => row.Slug).ToListAsync(cancellationToken);
        if (string.IsNullOrEmpty(slug))
        {
            slug = Slug.Free(Slug.Of(settings.Name, "connection"), taken.ToHashSet(StringComparer.Ordinal));
        }
        else if (taken.Contains(slug))
        {
            return ConnectionErrors.SlugTaken(slug);
        }

        var now = time.GetUtcNow();
        var row = new ConnectionRow
        {
            Id = ConnectionId.New(),
            WorkspaceId = workspace,
            Slug = slug,
            Settings = StudioJson.Write(settings, StudioJson.Default.ConnectionSettings),
            Revision = 1,
            CreatedAt = now,
            UpdatedAt = now,
            CreatedBy = by.Value,
        };
        SetKey(row, key, now);
        context.Connections.Add(row);
        await AuditTrail.AppendAsync(context, workspace, by, "connection.created", slug, $"{settings.Kind} {settings.Address}", time, cancellationToken);
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return ToConnection(row);
    }

    public async Task<Result<Connection>> SaveAsync(
        WorkspaceId workspace, ConnectionId id, long revision, ConnectionSettings settings, string? key, UserId by, CancellationToken cancellationToken)
    {
        if (FindFault(ref settings, key) is { } fault)
        {
            return fault;
        }

        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        var row = await context.Connections.FirstOrDefaultAsync(found => found.Id == id && found.WorkspaceId == workspace, cancellationToken);
        if (row is null)
        {
            return ConnectionErrors.NotFound();
        }

        if (row.Revision != revision)
        {
            return ConnectionErrors.Conflict();
        }

        var was = ToConnection(row).Settings;
        if (await FindKeyFaultAsync(row, settings, key, cancellationToken) is { } keyFault)
        {
            return keyFault;
        }

        var now = time.GetUtcNow();
        row.Settings = StudioJson.Write(settings, StudioJson.Default.ConnectionSettings);
        row.Revision++;
        row.UpdatedAt = now;
        if (key is not null)
        {
            SetKey(row, key, now);
        }

        await AuditTrail.AppendAsync(context, workspace, by, "connection.changed", row.Slug, WhatChanged(was, settings, key), time, cancellationToken);
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return ToConnection(row);
    }

    public async Task<Result<Unit>> DeleteAsync(WorkspaceId workspace, ConnectionId id, UserId by, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        var row = await context.Connections.FirstOrDefaultAsync(found => found.Id == id && found.WorkspaceId == workspace, cancellationToken);
        if (row is null)
        {
            return ConnectionErrors.NotFound();
        }

        if (await FindUsersAsync(context, row, cancellationToken) is { Count: > 0 } users)
        {
            return ConnectionErrors.InUse(row.Slug, users);
        }

        context.Connections.Remove(row);
        await AuditTrail.AppendAsync(context, workspace, by, "connection.deleted", row.Slug, "", time, cancellationToken);
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return default(Unit);
    }

    public async Task<Result<OpenedConnection>?> OpenAsync(WorkspaceId workspace, string slug, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var row = await context.Connections.AsNoTracking().FirstOrDefaultAsync(found => found.WorkspaceId == workspace && found.Slug == slug, cancellationToken);
        if (row is null)
        {
            return null;
        }

        var key = row.ProtectedKey is null ? null : _keys.Unprotect(row.Id, row.ProtectedKey);
        return row.ProtectedKey is not null && key is null
            ? (Result<OpenedConnection>)ConnectionErrors.KeyUnreadable(slug)
            : new OpenedConnection(ToConnection(row), key);
    }

    public async Task<Result<OpenedConnection>> DraftAsync(
        WorkspaceId workspace, ConnectionId? id, ConnectionSettings settings, string? key, CancellationToken cancellationToken)
    {
        if (FindFault(ref settings, key) is { } fault)
        {
            return fault;
        }

        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var row = id is { } edited
            ? await context.Connections.AsNoTracking().FirstOrDefaultAsync(found => found.Id == edited && found.WorkspaceId == workspace, cancellationToken)
            : new ConnectionRow { Id = ConnectionId.New(), WorkspaceId = workspace, Slug = Slug.Of(settings.Name, "connection"), Settings = "" };
        if (row is null)
        {
            return ConnectionErrors.NotFound();
        }

        if (id is not null && await FindKeyFaultAsync(row, settings, key, cancellationToken) is { } keyFault)
        {
            return keyFault;
        }

        if (id is null && !string.IsNullOrEmpty(key) && await FindLeakAsync(workspace, settings.Address, cancellationToken) is { } leak)
        {
            return leak;
        }

        var used = key ?? (row.ProtectedKey is null ? null : _keys.Unprotect(row.Id, row.ProtectedKey));
        return key is null && row.ProtectedKey is not null && used is null
            ? ConnectionErrors.KeyUnreadable(row.Slug)
            : new OpenedConnection(
                new Connection(row.Id, workspace, row.Slug, settings, row.KeySetAt, row.Revision, row.CreatedAt, row.UpdatedAt),
                string.IsNullOrEmpty(used) ? null : used);
    }

    // A kept key goes nowhere but to the server that it was given for, and no key goes in the clear but where an owner said so.
    private async Task<Error?> FindKeyFaultAsync(ConnectionRow row, ConnectionSettings becomes, string? key, CancellationToken cancellationToken)
    {
        if (key is null && row.ProtectedKey is not null && ConnectionRules.LeavesServer(ToConnection(row).Settings.Address, becomes.Address))
        {
            return ConnectionErrors.KeyNeededAgain();
        }

        var hasKey = key is null ? row.ProtectedKey is not null : key.Length > 0;
        return hasKey ? await FindLeakAsync(row.WorkspaceId, becomes.Address, cancellationToken) : null;
    }

    private async Task<Error?> FindLeakAsync(WorkspaceId workspace, Uri address, CancellationToken cancellationToken)
    {
        if (address.Scheme == Uri.UriSchemeHttps)
        {
            return null;
        }

        var place = HostAndPort.Of(address);
        foreach (var list in allowed)
        {
            if (await list.IsAllowedAsync(workspace, place, cancellationToken))
            {
                return null;
            }
        }

        return ConnectionErrors.NotSecret(place.ToString());
    }

    // Tidies what people type around what they mean, then checks it.
    private static Error? FindFault(ref ConnectionSettings settings, string? key)
    {
        settings = settings with
        {
            Name = settings.Name.Trim(),
            ApiVersion = settings.Kind == ConnectionKind.AzureOpenAi ? settings.ApiVersion?.Trim() : null,
            KeyHeader = settings.Kind is ConnectionKind.Http or ConnectionKind.Mcp && settings.KeyHeader?.Trim() is { Length: > 0 } header ? header : null,
        };
        return ConnectionRules.Find(settings) ?? (key is { Length: > 0 } && (key.Length > ConnectionRules.MaxKey || key.Any(c => c is <= ' ' or > '~'))
            ? ConnectionErrors.Wrong("key", "This is no key: it has spaces or unusual characters in it.", "Copy it again from the provider, without anything around it.")
            : null);
    }

    private static string WhatChanged(ConnectionSettings was, ConnectionSettings becomes, string? key)
    {
        List<string> changes = [];
        if (was.Address != becomes.Address)
        {
            changes.Add($"address {was.Address} to {becomes.Address}");
        }

        if (key is not null)
        {
            changes.Add(key.Length == 0 ? "key removed" : "key replaced");
        }

        if (!was.Models.SequenceEqual(becomes.Models))
        {
            changes.Add($"models {string.Join(' ', becomes.Models.Select(model => model.Name))}");
        }

        if (!was.Fallback.SequenceEqual(becomes.Fallback))
        {
            changes.Add($"fallback {string.Join(' ', becomes.Fallback)}");
        }

        return changes.Count == 0 ? "settings" : string.Join("; ", changes);
    }

    // Models are named "slug/model"; nodes of flows name an API, a server of tools or a webhook by its slug alone.
    private static async Task<IReadOnlyList<string>> FindUsersAsync(StudioDbContext context, ConnectionRow connection, CancellationToken cancellationToken)
    {
        var prefix = connection.Slug + "/";
        var found = await StoredDefinitions.FindAsync(context, connection.WorkspaceId, $"\"{connection.Slug}", cancellationToken);
        return
        [
            .. found.Where(one => one.Id != connection.Id.Value)
                .Where(one => one.Models().Any(model => model.StartsWith(prefix, StringComparison.Ordinal)) || one.Connections().Contains(connection.Slug))
                .Select(one => StoredDefinition.Describe(one.Kind, one.Name, one.Version)),
        ];
    }

    private void SetKey(ConnectionRow row, string? key, DateTimeOffset now) =>
        (row.ProtectedKey, row.KeySetAt) = string.IsNullOrEmpty(key) ? (null, null) : (_keys.Protect(row.Id, key), (DateTimeOffset?)now);

    private static Connection ToConnection(ConnectionRow row) => new(
        row.Id,
        row.WorkspaceId,
        row.Slug,
        StudioJson.Read(row.Settings, StudioJson.Default.ConnectionSettings),
        row.KeySetAt,
        row.Revision,
        row.CreatedAt,
        row.UpdatedAt);
}
