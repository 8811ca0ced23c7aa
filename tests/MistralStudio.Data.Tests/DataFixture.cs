using System.Text;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using MistralStudio.Core.Ids;
using MistralStudio.Data.Accounts;
using MistralStudio.Data.Startup;
using MistralStudio.Tests.Shared;
using Npgsql;

namespace MistralStudio.Data.Tests;

/// <summary>A data folder of its own with a migrated database, and a clock that tests move.</summary>
public abstract class DataFixture : IAsyncLifetime
{
    private ServiceProvider? _services;

    public string Folder { get; } = Directory.CreateTempSubdirectory("studio-data-").FullName;

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    /// <summary>The first owner and their workspace.</summary>
    public Membership Owner { get; private set; } = null!;

    public T Get<T>()
        where T : notnull => _services!.GetRequiredService<T>();

    public virtual async ValueTask InitializeAsync()
    {
        var services = new ServiceCollection();
        services.AddSingleton<TimeProvider>(Time);
        services.AddDataProtection().UseEphemeralDataProtectionProvider();
        services.AddSingleton<Core.Tables.ITableReader, LineReader>();
        services.AddData(Folder, await CreateDatabaseAsync());
        _services = services.BuildServiceProvider(validateScopes: true);
        Assert.True((await Get<DatabaseStartup>().PrepareAsync(TestContext.Current.CancellationToken)).IsSuccess);
        var owner = NewUser("owner@example.com");
        Owner = (await Get<AccountStore>().CreateFirstOwnerAsync(owner, "Contracts", TestContext.Current.CancellationToken)).Value;
    }

    /// <summary>Another member of the owner's workspace.</summary>
    public async Task<Membership> JoinAsync(string email, Core.Security.Role role)
    {
        var (_, token) = await Get<InviteStore>().CreateAsync(Owner.Workspace, role, Owner.User, TestContext.Current.CancellationToken);
        var user = NewUser(email);
        return (await Get<InviteStore>().AcceptAsync(token, user, user.UserId, TestContext.Current.CancellationToken)).Value;
    }

    /// <summary>A workspace that does not exist: to every query the same as one that is somebody else's.</summary>
    public static WorkspaceId Elsewhere() => WorkspaceId.New();

    public StudioUser NewUser(string email)
    {
        var user = StudioUser.Create(email, email.Split('@')[0], Time.GetUtcNow());
        user.PasswordHash = "hashed";
        return user;
    }

    public async ValueTask DisposeAsync()
    {
        if (_services is not null)
        {
            await _services.DisposeAsync();
        }

        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Directory.Delete(Folder, recursive: true);
    }

    /// <summary>All that the database holds, as text, for tests of what must not be in it.</summary>
    public abstract Task<string> ReadEverythingAsync();

    /// <summary>What somebody with the database in hand does before changing the audit log.</summary>
    public abstract string DropAuditGuard { get; }

    /// <summary>The connection string of a server's database; null for a file in the folder.</summary>
    protected abstract Task<string?> CreateDatabaseAsync();
}

/// <summary>Over <c>studio.db</c>.</summary>
public sealed class SqliteData : DataFixture
{
    public override string DropAuditGuard => "DROP TRIGGER AuditEntries_NoUpdate";

    public override async Task<string> ReadEverythingAsync()
    {
        var text = new StringBuilder();
        foreach (var file in Directory.GetFiles(Folder, "studio.db*"))
        {
            await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var reader = new StreamReader(stream, Encoding.Latin1);
            text.Append(await reader.ReadToEndAsync());
        }

        return text.ToString();
    }

    protected override Task<string?> CreateDatabaseAsync() => Task.FromResult<string?>(null);
}

/// <summary>Over a database of a PostgreSQL server; where none is installed its tests say so.</summary>
public sealed class PostgresData : DataFixture
{
    private string? _connection;

    public override string DropAuditGuard => "DROP TRIGGER \"AuditEntries_NoUpdate\" ON \"AuditEntries\"";

    public override async ValueTask InitializeAsync()
    {
        if (await PostgresServer.FindAsync() is not null)
        {
            await base.InitializeAsync();
        }
    }

    public override async Task<string> ReadEverythingAsync()
    {
        await using var source = NpgsqlDataSource.Create(_connection!);
        var text = new StringBuilder();
        foreach (var table in await ColumnAsync(source, "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'"))
        {
            text.AppendJoin('\n', await ColumnAsync(source, $"SELECT row_to_json(found)::text FROM {table} found"));
        }

        return text.ToString();
    }

    /// <summary>Skips the running test where there is no server; otherwise this fixture.</summary>
    public PostgresData OrSkip()
    {
        PostgresServer.Require();
        return this;
    }

    protected override async Task<string?> CreateDatabaseAsync() => _connection = await (await PostgresServer.FindAsync())!.CreateDatabaseAsync();

    private static async Task<List<string>> ColumnAsync(NpgsqlDataSource source, string query)
    {
        await using var command = source.CreateCommand(query);
        await using var reader = await command.ExecuteReaderAsync();
        var values = new List<string>();
        while (await reader.ReadAsync())
        {
            values.Add(reader.GetString(0));
        }

        return values;
    }
}
