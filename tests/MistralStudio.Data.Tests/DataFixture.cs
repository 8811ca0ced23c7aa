using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using MistralStudio.Core.Ids;
using MistralStudio.Data.Accounts;
using MistralStudio.Data.Startup;

namespace MistralStudio.Data.Tests;

/// <summary>A data folder of its own with a migrated database in it, and a clock that tests move.</summary>
public sealed class DataFixture : IAsyncLifetime
{
    private ServiceProvider? _services;

    public string Folder { get; } = Directory.CreateTempSubdirectory("studio-data-").FullName;

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    /// <summary>The first owner and their workspace.</summary>
    public Membership Owner { get; private set; } = null!;

    public T Get<T>()
        where T : notnull => _services!.GetRequiredService<T>();

    public async ValueTask InitializeAsync()
    {
        var services = new ServiceCollection();
        services.AddSingleton<TimeProvider>(Time);
        services.AddDataProtection().UseEphemeralDataProtectionProvider();
        services.AddData(Folder);
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
        await _services!.DisposeAsync();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Directory.Delete(Folder, recursive: true);
    }
}
