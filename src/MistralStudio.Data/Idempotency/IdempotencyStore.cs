using Microsoft.EntityFrameworkCore;
using MistralStudio.Core.Ids;

namespace MistralStudio.Data.Idempotency;

/// <summary>A request that may be sent again under the same <c>Idempotency-Key</c>.</summary>
/// <param name="Actor">Who asks; nobody gets the answer that another was given.</param>
/// <param name="Fingerprint">Tells one request from another under the same key.</param>
public sealed record IdempotentRequest(WorkspaceId Workspace, string Actor, string Key, string Route, string Fingerprint);

/// <summary>The answer that the first request got.</summary>
public sealed record IdempotentAnswer(int Status, string? ContentType, string? Location, byte[] Body);

/// <summary>What to do with a request that carries a key.</summary>
public abstract record IdempotencyDecision
{
    private IdempotencyDecision()
    {
    }

    /// <summary>It is the first: do it, then complete or abandon it.</summary>
    public sealed record Begin : IdempotencyDecision;

    /// <summary>It was done: give the same answer.</summary>
    public sealed record Replay(IdempotentAnswer Answer) : IdempotencyDecision;

    /// <summary>The first one is still running.</summary>
    public sealed record Running : IdempotencyDecision;

    /// <summary>The key was used for another request.</summary>
    public sealed record Mismatch : IdempotencyDecision;
}

/// <summary>Remembers for a day what was answered to a request that carried an <c>Idempotency-Key</c>.</summary>
public sealed class IdempotencyStore(IDbContextFactory<StudioDbContext> contexts, TimeProvider time)
{
    private static readonly TimeSpan s_life = TimeSpan.FromHours(24);

    // A process that died in the middle must not keep the key for a day.
    private static readonly TimeSpan s_longestRequest = TimeSpan.FromMinutes(10);

    /// <summary>Claims the key, or says what became of the request that did.</summary>
    public async Task<IdempotencyDecision> BeginAsync(IdempotentRequest request, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        var now = time.GetUtcNow();
        var expired = now - s_life;
        var abandoned = now - s_longestRequest;
        await context.IdempotencyRecords.Where(row => row.CreatedAt < expired || (row.Status == null && row.CreatedAt < abandoned))
            .ExecuteDeleteAsync(cancellationToken);
        var known = await Of(context, request).AsNoTracking().FirstOrDefaultAsync(cancellationToken);
        if (known is not null)
        {
            return (known.Route == request.Route && known.Fingerprint == request.Fingerprint, known.Status) switch
            {
                (false, _) => new IdempotencyDecision.Mismatch(),
                (_, null) => new IdempotencyDecision.Running(),
                (_, { } status) => new IdempotencyDecision.Replay(new IdempotentAnswer(status, known.ContentType, known.Location, known.Body ?? [])),
            };
        }

        context.IdempotencyRecords.Add(new IdempotencyRow
        {
            WorkspaceId = request.Workspace,
            Actor = request.Actor,
            Key = request.Key,
            Route = request.Route,
            Fingerprint = request.Fingerprint,
            CreatedAt = now,
        });
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return new IdempotencyDecision.Begin();
    }

    /// <summary>Keeps the answer for those who ask again.</summary>
    public async Task CompleteAsync(IdempotentRequest request, IdempotentAnswer answer, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await Of(context, request).ExecuteUpdateAsync(
            set => set
                .SetProperty(row => row.Status, answer.Status)
                .SetProperty(row => row.ContentType, answer.ContentType)
                .SetProperty(row => row.Location, answer.Location)
                .SetProperty(row => row.Body, answer.Body),
            cancellationToken);
    }

    /// <summary>Frees the key of a request that failed, so that it can be tried again.</summary>
    public async Task AbandonAsync(IdempotentRequest request, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await Of(context, request).Where(row => row.Status == null).ExecuteDeleteAsync(cancellationToken);
    }

    private static IQueryable<IdempotencyRow> Of(StudioDbContext context, IdempotentRequest request) => context.IdempotencyRecords
        .Where(row => row.WorkspaceId == request.Workspace && row.Actor == request.Actor && row.Key == request.Key);
}
