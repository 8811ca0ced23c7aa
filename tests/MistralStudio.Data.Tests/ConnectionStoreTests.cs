using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using MistralStudio.Core.Apps;
using MistralStudio.Core.Audit;
using MistralStudio.Core.Connections;
using MistralStudio.Core.Egress;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Models;
using MistralStudio.Core.Security;
using MistralStudio.Data.Accounts;

namespace MistralStudio.Data.Tests;

public abstract class ConnectionStoreTests(DataFixture data)
{
    private const string Key = "sk-very-secret-0123456789";

    private readonly IConnectionStore _connections = data.Get<IConnectionStore>();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private WorkspaceId Workspace => data.Owner.Workspace;

    private UserId Owner => data.Owner.User;

    [Fact]
    public async Task AKey_IsReadableToItsClientAlone_AndNowhereInTheClear()
    {
        var made = (await CreateAsync("Hidden", Key)).Value;
        Assert.NotNull(made.KeySetAt);
        Assert.Equal(Key, (await _connections.OpenAsync(Workspace, made.Slug, Token))!.Value.Value.Key);
        Assert.DoesNotContain(Key, System.Text.Json.JsonSerializer.Serialize(made), StringComparison.Ordinal);

        await using var context = await data.Get<IDbContextFactory<StudioDbContext>>().CreateDbContextAsync(Token);
        await context.Database.OpenConnectionAsync(Token);
        var everything = await data.ReadEverythingAsync();
        Assert.Contains("Hidden", everything, StringComparison.Ordinal);
        Assert.DoesNotContain(Key, everything, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AKeyOfAnotherConnection_OpensNothing()
    {
        var first = (await CreateAsync("One", Key)).Value;
        var second = (await CreateAsync("Two", "sk-other")).Value;
        await using (var context = await data.Get<IDbContextFactory<StudioDbContext>>().CreateDbContextAsync(Token))
        {
            var stolen = (await context.Connections.FirstAsync(row => row.Id == first.Id, Token)).ProtectedKey;
            await context.Connections.Where(row => row.Id == second.Id).ExecuteUpdateAsync(set => set.SetProperty(row => row.ProtectedKey, stolen), Token);
        }

        Assert.Equal("connection.key_unreadable", (await _connections.OpenAsync(Workspace, second.Slug, Token))!.Value.Error!.Code);
    }

    [Fact]
    public async Task AKeptKey_GoesToNoOtherServer()
    {
        var made = (await CreateAsync("Moved", Key)).Value;
        var elsewhere = made.Settings with { Address = new Uri("https://collector.example.com/v1") };

        Assert.Equal("connection.key_needed", (await SaveAsync(made, elsewhere, key: null)).Error!.Code);
        Assert.Equal("connection.key_needed", (await _connections.DraftAsync(Workspace, made.Id, elsewhere, null, Token)).Error!.Code);
        var samePlace = await SaveAsync(made, made.Settings with { Address = new Uri("https://api.example.com/v2") }, key: null);
        Assert.Equal(Key, (await _connections.OpenAsync(Workspace, made.Slug, Token))!.Value.Value.Key);
        var moved = await SaveAsync(samePlace.Value, elsewhere, "sk-new");
        Assert.True(moved.IsSuccess);
        var cleared = await SaveAsync(moved.Value, made.Settings, key: "");
        Assert.Null(cleared.Value.KeySetAt);
    }

    [Fact]
    public async Task AKey_TravelsInTheClearOnlyWhereAnOwnerSaidSo()
    {
        var hosts = data.Get<IWorkspaceHosts>();
        var settings = Settings("Plain") with { Address = new Uri("http://10.0.0.7:8000/v1") };
        Assert.Equal("connection.not_secret", (await _connections.CreateAsync(Workspace, null, settings, Key, Owner, Token)).Error!.Code);
        Assert.True((await _connections.CreateAsync(Workspace, null, settings, null, Owner, Token)).IsSuccess);
        await hosts.AllowAsync(Workspace, new HostAndPort("10.0.0.7", 8000), Owner, Token);
        Assert.True((await _connections.CreateAsync(Workspace, null, settings, Key, Owner, Token)).IsSuccess);
        Assert.False(await hosts.IsAllowedAsync(DataFixture.Elsewhere(), new HostAndPort("10.0.0.7", 8000), Token));
        Assert.False(await hosts.IsAllowedAsync(null, new HostAndPort("10.0.0.7", 8000), Token));
        Assert.False(await hosts.IsAllowedAsync(Workspace, new HostAndPort("10.0.0.7", 8001), Token));
        Assert.True(await hosts.WithdrawAsync(Workspace, new HostAndPort("10.0.0.7", 8000), Owner, Token));
        Assert.False(await hosts.IsAllowedAsync(Workspace, new HostAndPort("10.0.0.7", 8000), Token));
    }

    [Fact]
    public async Task AConnectionOfAnotherWorkspace_DoesNotExist()
    {
        var made = (await CreateAsync("Mine", null)).Value;
        var elsewhere = DataFixture.Elsewhere();
        Assert.Null(await _connections.FindAsync(elsewhere, made.Id, Token));
        Assert.Null(await _connections.OpenAsync(elsewhere, made.Slug, Token));
        Assert.Empty(await _connections.ListAsync(elsewhere, Token));
        Assert.Equal("connection.not_found", (await _connections.SaveAsync(elsewhere, made.Id, 1, made.Settings, null, Owner, Token)).Error!.Code);
        Assert.Equal("connection.not_found", (await _connections.DeleteAsync(elsewhere, made.Id, Owner, Token)).Error!.Code);
        Assert.Equal("connection.not_found", (await _connections.DraftAsync(elsewhere, made.Id, made.Settings, null, Token)).Error!.Code);
    }

    [Fact]
    public async Task TheSecondOfTwoSaves_IsAConflict()
    {
        var made = (await CreateAsync("Shared", null)).Value;
        Assert.True((await SaveAsync(made, made.Settings with { Name = "First" }, null)).IsSuccess);
        Assert.Equal("connection.conflict", (await SaveAsync(made, made.Settings with { Name = "Second" }, null)).Error!.Code);
        Assert.Equal("connection.slug_taken", (await _connections.CreateAsync(Workspace, made.Slug, made.Settings, null, Owner, Token)).Error!.Code);
    }

    [Fact]
    public async Task WhatIsInUse_IsNotDeleted_AndSaysWhere()
    {
        var used = (await CreateAsync("Used", null)).Value;
        var other = (await _connections.CreateAsync(Workspace, null, Settings("Leaner") with { Fallback = [$"{used.Slug}/small"] }, null, Owner, Token)).Value;
        var apps = data.Get<IAppStore>();
        var definition = new AppDefinition($"{used.Slug}/small", "", [], "", GenerationSettings.Default);
        var draft = (await apps.CreateAsync(Workspace, "Draft app", definition, Owner, Token)).Value;
        var published = (await apps.CreateAsync(Workspace, "Live app", definition, Owner, Token)).Value;
        await apps.PublishAsync(Workspace, published.Id, Owner, Token);
        published = (await apps.FindAsync(Workspace, published.Id, Token))!;
        await apps.SaveDraftAsync(Workspace, published.Id, published.Revision, published.Name, definition with { Model = "default" }, Token);

        var refused = (await _connections.DeleteAsync(Workspace, used.Id, Owner, Token)).Error!;

        Assert.Equal("connection.in_use", refused.Code);
        Assert.Contains("app \"Draft app\", app \"Live app\" (version 1)", refused.Message, StringComparison.Ordinal);
        Assert.Contains("connection \"Leaner\"", refused.Message, StringComparison.Ordinal);
        await apps.DeleteAsync(Workspace, draft.Id, null, Token);
        await apps.DeleteAsync(Workspace, published.Id, null, Token);
        Assert.True((await _connections.DeleteAsync(Workspace, other.Id, Owner, Token)).IsSuccess);
        Assert.True((await _connections.DeleteAsync(Workspace, used.Id, Owner, Token)).IsSuccess);
    }

    [Fact]
    public async Task AConnectionThatAFlowNames_AsAModelOrByItself_IsNotDeleted()
    {
        var used = (await CreateAsync("Shop", null)).Value;
        var flows = data.Get<IFlowStore>();
        var asks = await NewAsync("Asks", $$$"""{"nodes":[{"id":"a","type":"llm","config":{"model":"{{{used.Slug}}}/small"}}]}""");
        var calls = await NewAsync("Calls", $$$"""{"nodes":[{"id":"a","type":"http-request","config":{"connection":"{{{used.Slug}}}","url":"/orders"}}]}""");
        var mentions = await NewAsync("Mentions", $$$"""{"nodes":[{"id":"a","type":"template","config":{"text":"{{{used.Slug}}}"}}]}""");

        var refused = (await _connections.DeleteAsync(Workspace, used.Id, Owner, Token)).Error!;

        Assert.Contains("flow \"Asks\"", refused.Message, StringComparison.Ordinal);
        Assert.Contains("flow \"Calls\"", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("Mentions", refused.Message, StringComparison.Ordinal);
        foreach (var flow in (FlowId[])[asks, calls, mentions])
        {
            await flows.DeleteAsync(Workspace, flow, Owner, Token);
        }

        Assert.True((await _connections.DeleteAsync(Workspace, used.Id, Owner, Token)).IsSuccess);

        async Task<FlowId> NewAsync(string name, string draft) => (await flows.CreateAsync(Workspace, name, draft, Owner, Token)).Value.Id;
    }

    [Fact]
    public async Task APastVersionOfAFlow_KeepsAConnection_WhileARunGoesOnWithIt_OrItsNumberIsNamed()
    {
        var used = (await CreateAsync("Left behind", null)).Value;
        var (flows, journal, time) = (data.Get<IFlowStore>(), data.Get<IFlowJournal>(), data.Get<TimeProvider>().GetUtcNow());
        var (asking, silent) = ($$$"""{"nodes":[{"id":"a","type":"llm","config":{"model":"{{{used.Slug}}}/small"}}]}""", """{"nodes":[]}""");
        var flow = (await flows.CreateAsync(Workspace, "Moved on", asking, Owner, Token)).Value;
        await PublishAsync(asking, '5');
        await PublishAsync(silent, '6');
        var run = RunId.New();
        var start = new RunStart { Workspace = Workspace, Flow = flow.Id, Definition = new('5', 64), Version = 1, Authority = new(Owner, null), Trigger = RunTrigger.Webhook };
        await journal.AppendAsync(new(run, [new RunStarted(start) { Seq = 1, At = time }], RunStatus.Running, null), Token);
        Assert.Contains("flow \"Moved on\" (version 1)", (await _connections.DeleteAsync(Workspace, used.Id, Owner, Token)).Error!.Message, StringComparison.Ordinal);

        await journal.AppendAsync(new(run, [new RunFinished(RunStatus.Succeeded, new Dictionary<string, FlowValue>(), null) { Seq = 2, At = time }], RunStatus.Succeeded, null), Token);
        var app = (await data.Get<IAppStore>().CreateAsync(Workspace, "Stays behind", new($"flow:{flow.Slug}@1", "", [], "", GenerationSettings.Default), Owner, Token)).Value;
        Assert.Contains("flow \"Moved on\" (version 1)", (await _connections.DeleteAsync(Workspace, used.Id, Owner, Token)).Error!.Message, StringComparison.Ordinal);

        await data.Get<IAppStore>().DeleteAsync(Workspace, app.Id, Owner, Token);
        Assert.True((await _connections.DeleteAsync(Workspace, used.Id, Owner, Token)).IsSuccess);

        async Task PublishAsync(string definition, char hash)
        {
            var now = (await flows.FindAsync(Workspace, flow.Id, Token))!;
            now = (await flows.SaveDraftAsync(Workspace, now.Id, now.Revision, now.Name, definition, Token)).Value;
            Assert.True((await flows.PublishAsync(Workspace, now.Id, now.Revision, definition, new(hash, 64), "why", [], Owner, Token)).IsSuccess);
        }
    }

    [Theory]
    [InlineData("ftp://api.example.com")]
    [InlineData("https://you:secret@api.example.com/v1")]
    [InlineData("https://api.example.com/v1?key=secret")]
    public async Task WrongSettings_AreRefusedByName(string address) => Assert.Equal(
        "connection.wrong_address",
        (await _connections.CreateAsync(Workspace, null, Settings("Wrong") with { Address = new Uri(address) }, null, Owner, Token)).Error!.Code);

    [Fact]
    public async Task WhatStaysOnThisMachine_IsRefused_BaseByBaseAndAsAWhole()
    {
        var (classes, knowledge) = (data.Get<IDataClasses>(), data.Get<IKnowledgeStore>());
        var stays = await knowledge.CreateBaseAsync(Workspace, "Salaries", "embedder", Owner, Token);
        var free = await knowledge.CreateBaseAsync(Workspace, "Brochures", "embedder", Owner, Token);
        Assert.True(await classes.SetAsync(Workspace, stays.Id, true, Owner, Token));
        Assert.True((await knowledge.FindBaseAsync(Workspace, stays.Id, Token))!.StaysOnMachine);
        Assert.Null(await classes.FindRefusalAsync(Workspace, [], Token));
        Assert.Null(await classes.FindRefusalAsync(Workspace, [free.Id], Token));
        Assert.Contains("Salaries", (await classes.FindRefusalAsync(Workspace, [free.Id, stays.Id], Token))!.Message, StringComparison.Ordinal);
        Assert.False(await classes.SetAsync(DataFixture.Elsewhere(), stays.Id, false, Owner, Token));
        var salary = (await knowledge.AddDocumentAsync(Workspace, stays.Id, NewDocument(), Token))!;
        var brochure = (await knowledge.AddDocumentAsync(Workspace, free.Id, NewDocument(), Token))!;
        Assert.Null(await classes.FindRefusalOfDocumentsAsync(Workspace, [], Token));
        Assert.Null(await classes.FindRefusalOfDocumentsAsync(Workspace, [brochure.Id], Token));
        Assert.Contains("Salaries", (await classes.FindRefusalOfDocumentsAsync(Workspace, [brochure.Id, salary.Id], Token))!.Message, StringComparison.Ordinal);

        await classes.SetAsync(Workspace, true, Owner, Token);
        Assert.Equal("connection.stays_on_machine", (await classes.FindRefusalAsync(Workspace, [], Token))!.Code);
        Assert.Equal("connection.stays_on_machine", (await classes.FindRefusalOfDocumentsAsync(Workspace, [], Token))!.Code);
        await classes.SetAsync(Workspace, false, Owner, Token);
        Assert.Null(await classes.FindRefusalAsync(Workspace, [free.Id], Token));
    }

    [Fact]
    public async Task RightsSecretsAndBorders_AreInTheAuditLog_WhichHolds_AndLetsNothingBeChanged()
    {
        var log = data.Get<IAuditLog>();
        var made = (await CreateAsync("Watched", Key)).Value;
        await SaveAsync(made, made.Settings, "sk-next");
        await data.Get<ApiKeyStore>().CreateAsync(Workspace, Owner, "script", [Permissions.ModelsUse], null, Token);
        var member = await data.JoinAsync("watched@example.com", Role.Member);
        await data.Get<AccountStore>().ChangeRoleAsync(Workspace, member.User, Role.Builder, Owner, Token);
        await data.Get<IWorkspaceHosts>().AllowAsync(Workspace, new HostAndPort("localhost", 11434), Owner, Token);
        await _connections.DeleteAsync(Workspace, made.Id, Owner, Token);

        var entries = (await log.ListAsync(Workspace, new(), null, 7, Token)).Items;

        Assert.Equal(
            ["connection.deleted", "egress.allowed", "member.role_changed", "invite.accepted", "invite.created", "key.created", "connection.changed"],
            entries.Select(entry => entry.Action));
        Assert.Equal("Member to Builder", entries[2].Detail);
        Assert.All(entries, entry =>
        {
            Assert.Equal(entry.Action == "invite.accepted" ? member.User : Owner, entry.By);
            Assert.DoesNotContain("sk-", entry.ToString(), StringComparison.Ordinal);
        });
        Assert.Empty((await log.ListAsync(DataFixture.Elsewhere(), new(), null, 10, Token)).Items);
        Assert.Null((await log.CheckAsync(Workspace, Token)).BrokenAt);

        await using var context = await data.Get<IDbContextFactory<StudioDbContext>>().CreateDbContextAsync(Token);
        await Assert.ThrowsAnyAsync<DbException>(() => context.AuditEntries.ExecuteDeleteAsync(Token));
        await Assert.ThrowsAnyAsync<DbException>(() => context.AuditEntries.ExecuteUpdateAsync(set => set.SetProperty(row => row.Detail, "nothing"), Token));

        // Somebody with the file in hand drops the triggers: the chain tells.
        await context.Database.ExecuteSqlRawAsync(data.DropAuditGuard, Token);
        var tampered = entries[3].Number;
        await context.AuditEntries.Where(row => row.Number == tampered).ExecuteUpdateAsync(set => set.SetProperty(row => row.Detail, "nothing"), Token);
        Assert.Equal(tampered, (await log.CheckAsync(Workspace, Token)).BrokenAt);
    }

    [Fact]
    public async Task AServerThatFlowsSpeakTo_HasNoModels_AndMayNameTheHeaderOfItsKey()
    {
        var settings = Settings("Orders") with { Kind = ConnectionKind.Http, Models = [], KeyHeader = " X-Api-Key " };

        var made = (await _connections.CreateAsync(Workspace, "orders-api", settings, Key, Owner, Token)).Value;

        var opened = (await _connections.OpenAsync(Workspace, "orders-api", Token))!.Value.Value;
        Assert.Equal((ConnectionKind.Http, "X-Api-Key", Key), (opened.Connection.Settings.Kind, opened.Connection.Settings.KeyHeader, opened.Key));
        Assert.Equal("connection.wrong_models", (await SaveAsync(made, settings with { Models = [new ConnectionModel("small")] }, null)).Error!.Code);
        Assert.Equal("connection.wrong_keyheader", (await SaveAsync(made, settings with { KeyHeader = "Host" }, null)).Error!.Code);
        Assert.Equal("connection.wrong_keyheader", (await SaveAsync(made, settings with { KeyHeader = "X: 1\r\nY" }, null)).Error!.Code);
        Assert.Null((await SaveAsync(made, settings with { Kind = ConnectionKind.Webhook }, null)).Value.Settings.KeyHeader);
        await _connections.DeleteAsync(Workspace, made.Id, Owner, Token);
    }

    private static NewDocument NewDocument() => new("a.md", "text/markdown", 10, Guid.NewGuid().ToString("N") + Guid.NewGuid().ToString("N"), null);

    private static ConnectionSettings Settings(string name) => new()
    {
        Name = name,
        Kind = ConnectionKind.Compatible,
        Address = new Uri("https://api.example.com/v1"),
        Models = [new ConnectionModel("small", new ModelPrice(1, 2))],
    };

    private Task<Core.Result<Connection>> CreateAsync(string name, string? key) => _connections.CreateAsync(Workspace, null, Settings(name), key, Owner, Token);

    private Task<Core.Result<Connection>> SaveAsync(Connection connection, ConnectionSettings settings, string? key) =>
        _connections.SaveAsync(Workspace, connection.Id, connection.Revision, settings, key, Owner, Token);

    public sealed class OnSqlite(SqliteData data) : ConnectionStoreTests(data), IClassFixture<SqliteData>;

    public sealed class OnPostgres(PostgresData data) : ConnectionStoreTests(data.OrSkip()), IClassFixture<PostgresData>;
}
