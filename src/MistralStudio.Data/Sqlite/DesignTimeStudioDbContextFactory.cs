using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;

namespace MistralStudio.Data.Sqlite;

/// <summary>
/// Lets <c>dotnet ef migrations add NAME --project src/MistralStudio.Data --output-dir Sqlite/Migrations</c> work without a host.
/// </summary>
internal sealed class DesignTimeStudioDbContextFactory : IDesignTimeDbContextFactory<StudioDbContext>
{
    /// <inheritdoc/>
    public StudioDbContext CreateDbContext(string[] args) =>
        new(new DbContextOptionsBuilder<StudioDbContext>().UseSqlite("Data Source=design-time.db").Options);
}
