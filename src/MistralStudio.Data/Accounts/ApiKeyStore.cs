using System.Collections.Frozen;
using Microsoft.EntityFrameworkCore;
using MistralStudio.Core;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Security;
using MistralStudio.Data.Audit;
using MistralStudio.Data.Storage;

namespace MistralStudio.Data.Accounts;

/// <summary>A key as the people of a workspace see it.</summary>
/// <param name="Prefix">The first characters of the token.</param>
public sealed record ApiKey(
    ApiKeyId Id,
    string Name,
    string Prefix,
    IReadOnlyList<string> Scopes,
    UserId CreatedBy,
    DateTimeOffset CreatedAt,
    DateTimeOffset? ExpiresAt,
    DateTimeOffset? RevokedAt,
    DateTimeOffset? LastUsedAt);

/// <summary>API keys: shown once, stored as the hash of their token, acting as their scopes cut with their creator's present role.</summary>
public sealed class ApiKeyStore
{
    /// <summary>What every token begins with.</summary>
    public const string TokenPrefix = "ms_";

    private const int ShownCharacters = 10;
    private static readonly TimeSpan s_usePrecision = TimeSpan.FromMinutes(1);

    private readonly IDbContextFactory<StudioDbContext> _contexts;
    private readonly VerifiedKeys _verified;
    private readonly TimeProvider _time;

    internal ApiKeyStore(IDbContextFactory<StudioDbContext> contexts, VerifiedKeys verified, TimeProvider time) =>
        (_contexts, _verified, _time) = (contexts, verified, time);

    /// <summary>Makes a key; its token is returned once. Fails for a scope that does not exist.</summary>
    public async Task<Result<(ApiKey Key, string Token)>> CreateAsync(
        WorkspaceId workspace, UserId createdBy, string name, IReadOnlyCollection<string> scopes, DateTimeOffset? expiresAt, CancellationToken cancellationToken)
    {
        if (scopes.FirstOrDefault(scope => !RolePermissions.All.Contains(scope)) is { } unknown)
        {
            return AccountErrors.UnknownScope(unknown);
        }

        await using var context = await _contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        var token = TokenPrefix + Token.NewKey();
        IReadOnlyList<string> sorted = [.. scopes.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        var row = new ApiKeyRow
        {
            Id = ApiKeyId.New(),
            WorkspaceId = workspace,
            CreatedBy = createdBy.Value,
            Name = name.Trim(),
            Prefix = token[..ShownCharacters],
            TokenHash = Token.Hash(token),
            Scopes = StudioJson.Write(sorted, StudioJson.Default.IReadOnlyListString),
            CreatedAt = _time.GetUtcNow(),
            ExpiresAt = expiresAt,
        };
        context.ApiKeys.Add(row);
        await AuditTrail.AppendAsync(context, workspace, createdBy, "key.created", row.Prefix, $"{row.Name}: {string.Join(' ', sorted)}", _time, cancellationToken);
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return (ToKey(row), token);
    }

    /// <summary>Keys of a workspace, newest first; <paramref name="createdBy"/> null lists everybody's.</summary>
    public async Task<IReadOnlyList<ApiKey>> ListAsync(WorkspaceId workspace, UserId? createdBy, CancellationToken cancellationToken)
    {
        await using var context = await _contexts.CreateDbContextAsync(cancellationToken);
        var read = await Of(context, workspace, createdBy).OrderByDescending(row => row.CreatedAt).ToListAsync(cancellationToken);
        return [.. read.Select(ToKey)];
    }

    /// <summary>A page of the keys of a workspace, newest first; <paramref name="createdBy"/> null lists everybody's.</summary>
    public async Task<Listing<ApiKey>> ListAsync(WorkspaceId workspace, UserId? createdBy, string? after, int limit, CancellationToken cancellationToken)
    {
        await using var context = await _contexts.CreateDbContextAsync(cancellationToken);
        var cursor = Cursor.Parse(after);
        limit = ListQuery.Limit(limit);
        var rows = Of(context, workspace, createdBy).Where(row => row.CreatedAt <= cursor.Instant).OrderByDescending(row => row.CreatedAt).ThenByDescending(row => row.Id);
        var read = await rows.Skip(cursor.Skip).Take(limit + 1).ToListAsync(cancellationToken);
        return cursor.Page([.. read.Select(ToKey)], limit, key => key.CreatedAt);
    }

    /// <summary>A key of a workspace; null where there is none, or <paramref name="createdBy"/> did not make it.</summary>
    public async Task<ApiKey?> FindAsync(WorkspaceId workspace, ApiKeyId id, UserId? createdBy, CancellationToken cancellationToken)
    {
        await using var context = await _contexts.CreateDbContextAsync(cancellationToken);
        return await Of(context, workspace, createdBy).FirstOrDefaultAsync(row => row.Id == id, cancellationToken) is { } row ? ToKey(row) : null;
    }

    /// <summary>Ends a key for good; <paramref name="createdBy"/> null ends anybody's.</summary>
    /// <param name="by">Who does it, for the audit log.</param>
    public async Task<Result<Unit>> RevokeAsync(WorkspaceId workspace, ApiKeyId id, UserId? createdBy, UserId? by, CancellationToken cancellationToken)
    {
        await using var context = await _contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        if (await Of(context, workspace, createdBy).AsTracking().FirstOrDefaultAsync(row => row.Id == id && row.RevokedAt == null, cancellationToken) is not { } row)
        {
            return AccountErrors.KeyNotFound();
        }

        row.RevokedAt = _time.GetUtcNow();
        await AuditTrail.AppendAsync(context, workspace, by, "key.revoked", row.Prefix, row.Name, _time, cancellationToken);
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return default(Unit);
    }

    /// <summary>
    /// Who a token speaks for at this moment; null for an unknown, expired or revoked one, and where its creator is no longer an active
    /// member.
    /// </summary>
    public async Task<(ApiKeyId Id, Caller Caller)?> AuthenticateAsync(string token, CancellationToken cancellationToken)
    {
        if (!token.StartsWith(TokenPrefix, StringComparison.Ordinal) || token.Length > 100)
        {
            return null;
        }

        var now = _time.GetUtcNow();
        var hash = Token.Hash(token);
        if (_verified.Find(hash, now) is { } known && now - known.NotedAt <= s_usePrecision)
        {
            return (known.Id, known.Caller);
        }

        var version = _verified.Version;
        if (await VerifyAsync(hash, now, cancellationToken) is not { } key)
        {
            return null;
        }

        if (version is { } readAt)
        {
            _verified.Add(hash, key, readAt);
        }

        return (key.Id, key.Caller);
    }

    private async Task<VerifiedKey?> VerifyAsync(string hash, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var context = await _contexts.CreateDbContextAsync(cancellationToken);
        var found = await context.ApiKeys.AsNoTracking()
            .Where(row => row.TokenHash == hash && row.RevokedAt == null && (row.ExpiresAt == null || row.ExpiresAt > now))
            .Join(
                context.Memberships.Where(membership => membership.SuspendedAt == null),
                row => new { row.WorkspaceId, UserId = row.CreatedBy },
                membership => new { membership.WorkspaceId, membership.UserId },
                (row, membership) => new { Row = row, membership.Role })
            .FirstOrDefaultAsync(cancellationToken);
        if (found is null)
        {
            return null;
        }

        var noted = found.Row.LastUsedAt;
        if (noted is not { } used || now - used > s_usePrecision)
        {
            await context.ApiKeys.Where(row => row.Id == found.Row.Id)
                .ExecuteUpdateAsync(set => set.SetProperty(row => row.LastUsedAt, now), cancellationToken);
            noted = now;
        }

        var scopes = StudioJson.Read(found.Row.Scopes, StudioJson.Default.IReadOnlyListString);
        var granted = scopes.Where(scope => RolePermissions.Grants(found.Role, scope)).ToFrozenSet(StringComparer.Ordinal);
        return new(found.Row.Id, new Caller(found.Row.WorkspaceId, new UserId(found.Row.CreatedBy), granted), found.Row.ExpiresAt, noted.Value);
    }

    private static IQueryable<ApiKeyRow> Of(StudioDbContext context, WorkspaceId workspace, UserId? createdBy)
    {
        var rows = context.ApiKeys.AsNoTracking().Where(row => row.WorkspaceId == workspace);
        return createdBy is { } creator ? rows.Where(row => row.CreatedBy == creator.Value) : rows;
    }

    private static ApiKey ToKey(ApiKeyRow row) => new(
        row.Id,
        row.Name,
        row.Prefix,
        StudioJson.Read(row.Scopes, StudioJson.Default.IReadOnlyListString),
        new UserId(row.CreatedBy),
        row.CreatedAt,
        row.ExpiresAt,
        row.RevokedAt,
        row.LastUsedAt);
}
