using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;

namespace MistralStudio.Data.Postgres;

/// <summary>The same model in PostgreSQL; a type of its own, because migrations belong to a type.</summary>
internal sealed class PostgresStudioDbContext(DbContextOptions<PostgresStudioDbContext> options) : StudioDbContext(options);

/// <summary>What asks for a context gets one of PostgreSQL.</summary>
internal sealed class PostgresContexts(IDbContextFactory<PostgresStudioDbContext> contexts) : IDbContextFactory<StudioDbContext>
{
    public StudioDbContext CreateDbContext() => contexts.CreateDbContext();

    public async Task<StudioDbContext> CreateDbContextAsync(CancellationToken cancellationToken = default) =>
        await contexts.CreateDbContextAsync(cancellationToken);
}

/// <summary>
/// Lets <c>dotnet ef migrations add NAME --project src/MistralStudio.Data --context PostgresStudioDbContext --output-dir Postgres/Migrations</c>
/// work without a server.
/// </summary>
internal sealed class DesignTimePostgresDbContextFactory : IDesignTimeDbContextFactory<PostgresStudioDbContext>
{
    /// <inheritdoc/>
    public PostgresStudioDbContext CreateDbContext(string[] args) =>
        new(new DbContextOptionsBuilder<PostgresStudioDbContext>().UseNpgsql("Host=design-time").Options);
}
