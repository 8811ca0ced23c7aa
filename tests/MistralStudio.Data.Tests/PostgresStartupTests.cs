using Microsoft.AspNetCore.DataProtection;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using MistralStudio.Core;
using MistralStudio.Core.Knowledge;
using MistralStudio.Data.Accounts;
using MistralStudio.Data.Postgres;
using MistralStudio.Data.Startup;
using MistralStudio.Tests.Shared;
using Npgsql;

namespace MistralStudio.Data.Tests;

/// <summary>A PostgreSQL server in the place of <c>studio.db</c>: what makes it ready, and the one sentence that says why it is not.</summary>
public sealed class PostgresStartupTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("studio-startup-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AFirstStart_MakesTheTables_AndTheNextStartFindsThem()
    {
        var database = await NewDatabaseAsync();
        await using var services = Services(database);
        Assert.True((await PrepareAsync(database)).IsSuccess);
        Assert.True((await PrepareAsync(database)).IsSuccess);
        await using var context = await services.GetRequiredService<IDbContextFactory<StudioDbContext>>().CreateDbContextAsync(Token);
        Assert.False(context.Database.HasPendingModelChanges());
        Assert.False(File.Exists(Path.Combine(_folder, "studio.db")));
    }

    [Fact]
    public async Task StartsAtOnce_WaitForTheOneThatMigrates()
    {
        var database = await NewDatabaseAsync();
        Assert.All(await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => PrepareAsync(database))), prepared => Assert.True(prepared.IsSuccess, prepared.Error?.ToString()));
    }

    [Fact]
    public async Task OneStudioServes_UntilItEnds()
    {
        var database = await NewDatabaseAsync();
        await using var services = Services(database);
        var startup = services.GetRequiredService<DatabaseStartup>();
        var first = await startup.TakeTurnAsync(Token);
        Assert.Equal("startup.database_served", (await startup.TakeTurnAsync(Token)).Error?.Code);
        await first.Value!.DisposeAsync();
        var next = await startup.TakeTurnAsync(Token);
        Assert.True(next.IsSuccess);
        await next.Value!.DisposeAsync();
    }

    [Fact]
    public async Task ThoseOfACluster_ServeTogether_AndNotBesideOneThatServesAlone()
    {
        var database = await NewDatabaseAsync();
        await using var alone = Services(database);
        await using var one = Services(database, Shared);
        await using var other = Services(database, Shared);
        Assert.All(await Task.WhenAll(StartupOf(one).PrepareAsync(Token), StartupOf(other).PrepareAsync(Token)), prepared => Assert.True(prepared.IsSuccess, prepared.Error?.ToString()));

        await using (var first = (await StartupOf(one).TakeTurnAsync(Token)).Value)
        await using (var second = (await StartupOf(other).TakeTurnAsync(Token)).Value)
        {
            Assert.NotNull(second);
            Assert.Equal("startup.database_served", (await StartupOf(alone).TakeTurnAsync(Token)).Error?.Code);
        }

        await using (var only = (await StartupOf(alone).TakeTurnAsync(Token)).Value)
        {
            Assert.Equal("startup.database_served", (await StartupOf(one).TakeTurnAsync(Token)).Error?.Code);
        }
    }

    [Fact]
    public async Task KnowledgeOfACluster_IsInNoFileOfOneProcess()
    {
        var database = await NewDatabaseAsync();
        await using var shared = Services(database, Shared);
        Assert.True((await StartupOf(shared).PrepareAsync(Token)).IsSuccess);
        await using var alone = Services(database);
        var owner = StudioUser.Create("owner@example.com", "owner", TimeProvider.System.GetUtcNow());
        owner.PasswordHash = "hashed";
        var workspace = (await alone.GetRequiredService<AccountStore>().CreateFirstOwnerAsync(owner, "Team", Token)).Value.Workspace;
        var made = await shared.GetRequiredService<IKnowledgeStore>().CreateBaseAsync(workspace, "Together", "model", null, Token);
        Assert.Equal(IndexStore.Qdrant, made.Placement.Store);
        Assert.True((await StartupOf(shared).PrepareAsync(Token)).IsSuccess);

        await alone.GetRequiredService<IKnowledgeStore>().CreateBaseAsync(workspace, "Mine", "model", null, Token);
        Assert.True((await StartupOf(alone).PrepareAsync(Token)).IsSuccess);
        var refused = await StartupOf(shared).PrepareAsync(Token);
        Assert.Equal("startup.base_in_one_process", refused.Error?.Code);
        Assert.Contains("\"Mine\"", refused.Error?.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ASharedFolderThatCannotBeWritten_IsSaid()
    {
        var database = await NewDatabaseAsync();
        await File.WriteAllTextAsync(Shared, "", Token);
        await using var shared = Services(database, Shared);
        Assert.Equal("startup.shared_not_writable", (await StartupOf(shared).PrepareAsync(Token)).Error?.Code);
    }

    [Fact]
    public void ASharedFolder_KeepsWhatOthersAreUploading()
    {
        var folder = new DataFolder(_folder, Shared);
        Directory.CreateDirectory(folder.Incoming);
        var (now, left) = (Path.Combine(folder.Incoming, "now"), Path.Combine(folder.Incoming, "left"));
        File.WriteAllText(now, "");
        File.WriteAllText(left, "");
        File.SetLastWriteTimeUtc(left, TimeProvider.System.GetUtcNow().UtcDateTime.AddDays(-2));
        using (ServingTurn.Take(folder).Value)
        {
            Assert.True(File.Exists(now));
            Assert.False(File.Exists(left));
        }
    }

    [Fact]
    public async Task WhatIsWrong_IsSaid_WithoutThePassword()
    {
        var database = await NewDatabaseAsync();
        await ExecuteAsync(database, "CREATE ROLE member LOGIN");
        var missing = new NpgsqlConnectionStringBuilder(database) { Database = "nowhere", Username = "member", Password = "hidden" }.ConnectionString;
        var stranger = new NpgsqlConnectionStringBuilder(database) { Username = "stranger", Password = "hidden" }.ConnectionString;
        var silent = new NpgsqlConnectionStringBuilder(database) { Port = FreePort.Take(), Password = "hidden" }.ConnectionString;
        await SaysAsync(missing, "startup.database_missing", "There is no database nowhere of the PostgreSQL server 127.0.0.1:");
        await SaysAsync(stranger, "startup.database_refused", "refuses the studio: role \"stranger\" does not exist.");
        await SaysAsync(silent, "startup.database_unreachable", "does not answer: ");

        Assert.True((await PrepareAsync(database)).IsSuccess);
        await ExecuteAsync(database, "INSERT INTO \"__EFMigrationsHistory\" VALUES ('29990101000000_FromTheFuture', '99.0.0')");
        await SaysAsync(database, "startup.newer_database", "FromTheFuture");
    }

    [Fact]
    public async Task AUserWhoMayMakeNoTables_IsSaid()
    {
        var database = await NewDatabaseAsync();
        await ExecuteAsync(database, "CREATE ROLE reader LOGIN; REVOKE ALL ON SCHEMA public FROM PUBLIC; GRANT USAGE ON SCHEMA public TO reader");
        await SaysAsync(new NpgsqlConnectionStringBuilder(database) { Username = "reader" }.ConnectionString, "startup.database_no_right", "permission denied for schema public");
    }

    [Theory]
    [InlineData("Host=db;Database=studio", true)]
    [InlineData("Database=studio", false)]
    [InlineData("postgres://db/studio", false)]
    public void AConnectionString_NamesAHost(string connection, bool isRight) => Assert.Equal(isRight, PostgresDatabase.Check(connection));

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static async Task<string> NewDatabaseAsync()
    {
        PostgresServer.Require();
        return await (await PostgresServer.FindAsync())!.CreateDatabaseAsync();
    }

    private static async Task ExecuteAsync(string database, string command)
    {
        await using var source = NpgsqlDataSource.Create(database);
        await using var created = source.CreateCommand(command);
        await created.ExecuteNonQueryAsync(Token);
    }

    private string Shared => Path.Combine(_folder, "shared");

    private static DatabaseStartup StartupOf(IServiceProvider services) => services.GetRequiredService<DatabaseStartup>();

    private ServiceProvider Services(string database, string? shared = null)
    {
        var services = new ServiceCollection();
        services.AddDataProtection().UseEphemeralDataProtectionProvider();
        return services.AddData(_folder, database, sharedPath: shared).BuildServiceProvider();
    }

    private async Task<Result<Unit>> PrepareAsync(string database)
    {
        await using var services = Services(database);
        return await services.GetRequiredService<DatabaseStartup>().PrepareAsync(Token);
    }

    private async Task SaysAsync(string database, string code, string sentence)
    {
        var error = (await PrepareAsync(database)).Error;
        Assert.Equal(code, error?.Code);
        Assert.Contains(sentence, error!.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("hidden", error.ToString(), StringComparison.Ordinal);
    }
}
