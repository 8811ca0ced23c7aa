using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using MistralStudio.Core;
using MistralStudio.Data.Startup;

namespace MistralStudio.Data.Tests;

public sealed class DatabaseStartupTests : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);
    private readonly string _folder = Directory.CreateTempSubdirectory("studio-startup-").FullName;

    private string Database => Path.Combine(_folder, "studio.db");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AFirstStart_MakesTheFolderAndTheDatabase_AndTheNextStartFindsItReady()
    {
        var nested = Path.Combine(_folder, "new", "data");
        Assert.True((await PrepareAsync(nested)).IsSuccess);
        Assert.True((await PrepareAsync(nested)).IsSuccess);
        Assert.True(File.Exists(Path.Combine(nested, "studio.db")));
    }

    [Fact]
    public async Task TheMigrations_HoldTheWholeModel()
    {
        await using var services = Services(_folder);
        await using var context = await services.GetRequiredService<IDbContextFactory<StudioDbContext>>().CreateDbContextAsync(Token);
        Assert.False(context.Database.HasPendingModelChanges());
    }

    [Fact]
    public async Task EveryConnection_IsDurable_ChecksForeignKeys_AndWaitsForOthers()
    {
        Assert.True((await PrepareAsync(_folder)).IsSuccess);
        await using var services = Services(_folder);
        await using var context = await services.GetRequiredService<IDbContextFactory<StudioDbContext>>().CreateDbContextAsync(Token);
        Assert.Equal("wal", (await context.Database.SqlQueryRaw<string>("SELECT journal_mode AS Value FROM pragma_journal_mode").ToListAsync(Token))[0]);
        Assert.Equal(2, (await context.Database.SqlQueryRaw<int>("SELECT synchronous AS Value FROM pragma_synchronous").ToListAsync(Token))[0]);
        Assert.Equal(1, (await context.Database.SqlQueryRaw<int>("SELECT foreign_keys AS Value FROM pragma_foreign_keys").ToListAsync(Token))[0]);
    }

    [Fact]
    public async Task ADatabaseOfANewerVersion_IsLeftAlone()
    {
        Assert.True((await PrepareAsync(_folder)).IsSuccess);
        Execute("INSERT INTO __EFMigrationsHistory VALUES ('29990101000000_FromTheFuture', '99.0.0')");
        var prepared = await PrepareAsync(_folder);
        Assert.Equal("startup.newer_database", prepared.Error?.Code);
        Assert.Contains("FromTheFuture", prepared.Error?.Message, StringComparison.Ordinal);
    }

    // https://learn.microsoft.com/ef/core/providers/sqlite/limitations#concurrent-migrations-protection
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AMigrationThatWasKilled_DoesNotHangTheNextStart(bool beforeItsFirstStep)
    {
        if (!beforeItsFirstStep)
        {
            Assert.True((await PrepareAsync(_folder)).IsSuccess);
        }

        Execute("CREATE TABLE IF NOT EXISTS __EFMigrationsLock (Id INTEGER NOT NULL CONSTRAINT PK___EFMigrationsLock PRIMARY KEY, Timestamp TEXT NOT NULL)");
        Execute("INSERT OR REPLACE INTO __EFMigrationsLock VALUES (1, '2026-01-01')");
        var prepared = await PrepareAsync(_folder).WaitAsync(s_patience, Token);
        Assert.True(prepared.IsSuccess, prepared.Error?.ToString());
    }

    [Fact]
    public async Task ARestoredBackup_IsReady()
    {
        var restored = Path.Combine(_folder, "restored");
        Directory.CreateDirectory(restored);
        Assert.True((await PrepareAsync(_folder)).IsSuccess);
        Execute($"VACUUM INTO '{Path.Combine(restored, "studio.db")}'");
        var prepared = await PrepareAsync(restored);
        Assert.True(prepared.IsSuccess, prepared.Error?.ToString());
    }

    [Fact]
    public async Task TwoStartsAtOnce_BothFindADatabase()
    {
        var prepared = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Task.Run(() => PrepareAsync(_folder), Token))).WaitAsync(s_patience, Token);
        Assert.All(prepared, result => Assert.True(result.IsSuccess, result.Error?.ToString()));
    }

    [Fact]
    public async Task AFileThatIsNoDatabase_IsNamed_AndKept()
    {
        await File.WriteAllTextAsync(Database, string.Concat(Enumerable.Repeat("this is a letter, not a database. ", 100)), Token);
        Assert.Equal("startup.database_damaged", (await PrepareAsync(_folder)).Error?.Code);
        Assert.StartsWith("this is a letter", await File.ReadAllTextAsync(Database, Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AFolderThatCannotBeMade_IsNamed()
    {
        var file = Path.Combine(_folder, "a-file");
        await File.WriteAllTextAsync(file, "", Token);
        var prepared = await PrepareAsync(Path.Combine(file, "data"));
        Assert.Equal("startup.data_not_writable", prepared.Error?.Code);
        Assert.Contains("Studio:DataPath", prepared.Error?.Next, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        SqliteConnection.ClearAllPools();
        Directory.Delete(_folder, recursive: true);
    }

    private static ServiceProvider Services(string folder) => new ServiceCollection().AddData(folder).BuildServiceProvider();

    private static async Task<Result<Unit>> PrepareAsync(string folder)
    {
        await using var services = Services(folder);
        return await services.GetRequiredService<DatabaseStartup>().PrepareAsync(Token);
    }

    private void Execute(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={Database}");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
