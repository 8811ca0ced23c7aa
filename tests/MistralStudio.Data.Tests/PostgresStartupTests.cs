using Microsoft.AspNetCore.DataProtection;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using MistralStudio.Core;
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

    private ServiceProvider Services(string database)
    {
        var services = new ServiceCollection();
        services.AddDataProtection().UseEphemeralDataProtectionProvider();
        return services.AddData(_folder, database).BuildServiceProvider();
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
