using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using MistralStudio.Core;

namespace MistralStudio.Data.Startup;

/// <summary>Ready once the database answers.</summary>
internal sealed class DatabaseReadiness(IDbContextFactory<StudioDbContext> contexts, DatabaseStartup startup) : IReadiness
{
    /// <inheritdoc/>
    public string Part => "database";

    /// <inheritdoc/>
    public async ValueTask<Error?> CheckAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var context = await contexts.CreateDbContextAsync(cancellationToken);
            await context.Workspaces.AnyAsync(cancellationToken);
            return null;
        }
        catch (Exception exception) when (exception is DbException or InvalidOperationException { InnerException: DbException })
        {
            return StartupErrors.Unusable(startup.Database, (exception.InnerException ?? exception).Message.TrimEnd('.'));
        }
    }
}
