using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using MistralStudio.Core;

namespace MistralStudio.Data.Startup;

/// <summary>Ready once the database answers.</summary>
internal sealed class DatabaseReadiness(IDbContextFactory<StudioDbContext> contexts, DataFolder folder) : IReadiness
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
        catch (SqliteException exception)
        {
            return StartupErrors.Unusable(folder.DatabaseFile, exception.Message.TrimEnd('.'));
        }
    }
}
