using MistralStudio.Core.Apps;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Models;

namespace MistralStudio.Data.Tests;

public abstract class FlowStoreTests(DataFixture data)
{
    private const string First = """{"nodes":[]}""";
    private const string Second = """{"nodes":[{"id":"a"}]}""";

    private readonly IFlowStore _flows = data.Get<IFlowStore>();
    private readonly IFlowVersions _versions = data.Get<IFlowVersions>();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private WorkspaceId Workspace => data.Owner.Workspace;

    private UserId Owner => data.Owner.User;

    [Fact]
    public async Task ADraft_IsSavedOnWhatWasRead_AndTheSecondOfTwoSavesIsAConflict()
    {
        var flow = await CreateAsync("Résumé of a week");
        Assert.StartsWith("resume-of-a-week", flow.Slug, StringComparison.Ordinal);
        Assert.NotEqual(flow.Slug, (await CreateAsync("Résumé of a week")).Slug);
        var saved = (await _flows.SaveDraftAsync(Workspace, flow.Id, flow.Revision, "Week", Second, Token)).Value;
        Assert.Equal((Second, "Week", flow.Revision + 1), (saved.Draft, saved.Name, saved.Revision));
        Assert.Equal("flow.conflict", (await _flows.SaveDraftAsync(Workspace, flow.Id, flow.Revision, "Other", First, Token)).Error?.Code);
        Assert.Equal("flow.not_found", (await _flows.SaveDraftAsync(DataFixture.Elsewhere(), flow.Id, saved.Revision, "Other", First, Token)).Error?.Code);
        Assert.Equal("flow.name", (await _flows.SaveDraftAsync(Workspace, flow.Id, saved.Revision, " ", First, Token)).Error?.Code);
        Assert.Equal(Second, (await _flows.FindAsync(Workspace, flow.Id, Token))!.Draft);
        Assert.Contains((await _flows.ListAsync(Workspace, "WEEK", null, 10, Token)).Items, found => found.Id == flow.Id);
    }

    [Fact]
    public async Task AVersion_IsFoundByItsHash_ItsNumber_AndAsTheLatest_AndTheSameIsNotPublishedTwice()
    {
        var flow = await CreateAsync("Triage");
        var (one, two) = (Hash('1'), Hash('2'));
        Assert.Equal("flow.conflict", (await PublishAsync(flow with { Revision = 7 }, First, one)).Error?.Code);
        var first = (await PublishAsync(flow, First, one)).Value;
        Assert.Equal((1, one, Owner), (first.Number, first.Hash, first.PublishedBy));
        var second = (await PublishAsync((await _flows.FindAsync(Workspace, flow.Id, Token))!, Second, two)).Value;
        Assert.Equal(second, (await PublishAsync((await _flows.FindAsync(Workspace, flow.Id, Token))!, Second, two)).Value);
        Assert.Equal(3, (await PublishAsync((await _flows.FindAsync(Workspace, flow.Id, Token))!, First, one)).Value.Number);

        Assert.Equal((two, 2, Second), Of(await _versions.FindAsync(Workspace, flow.Slug, 2, Token)));
        Assert.Equal((one, 3, First), Of(await _versions.FindAsync(Workspace, flow.Slug, null, Token)));
        Assert.Equal(flow.Id, (await _versions.FindAsync(Workspace, two, Token))!.Flow);
        Assert.Null(await _versions.FindAsync(DataFixture.Elsewhere(), two, Token));
        Assert.Null(await _versions.FindAsync(Workspace, flow.Slug, 9, Token));

        var page = (await _flows.ListVersionsAsync(Workspace, flow.Id, null, 2, Token))!;
        Assert.Equal([3, 2], page.Items.Select(version => version.Number));
        Assert.Equal([1], (await _flows.ListVersionsAsync(Workspace, flow.Id, page.After, 2, Token))!.Items.Select(version => version.Number));
        Assert.Null(await _flows.ListVersionsAsync(DataFixture.Elsewhere(), flow.Id, null, 2, Token));
    }

    [Fact]
    public async Task Schedules_AreThoseOfTheLatestVersion_Due_AndMoveOnOnce()
    {
        var triggers = data.Get<IFlowTriggers>();
        var flow = await CreateAsync("Weekly");
        var at = new DateTimeOffset(2026, 3, 2, 8, 0, 0, TimeSpan.Zero);
        Assert.True((await _flows.PublishAsync(Workspace, flow.Id, flow.Revision, First, Hash('7'), "", [new("clock", "0 8 * * 1", "Europe/Paris", at), new("never", "0 0 30 2 *", null, null)], Owner, Token)).IsSuccess);
        Assert.Empty(await triggers.ListDueAsync(at.AddSeconds(-1), 10, Token));
        var due = Assert.Single(await triggers.ListDueAsync(at, 10, Token));
        Assert.Equal((flow.Id, Workspace, "clock", "0 8 * * 1", "Europe/Paris", (DateTimeOffset?)at), (due.Flow, due.Workspace, due.Node, due.Cron, due.TimeZone, due.NextAt));

        Assert.True(await triggers.PauseAsync(Workspace, flow.Id, true, Owner, Token));
        Assert.False(await triggers.PauseAsync(DataFixture.Elsewhere(), flow.Id, false, Owner, Token));
        Assert.Empty(await triggers.ListDueAsync(at, 10, Token));
        Assert.True(await triggers.PauseAsync(Workspace, flow.Id, false, Owner, Token));

        await triggers.AdvanceAsync(due, at.AddDays(7), null, FlowStoreErrors.NotFound(), Token);
        await triggers.AdvanceAsync(due, at.AddDays(99), RunId.New(), null, Token);
        var moved = (await triggers.FindAsync(Workspace, flow.Id, Token))!.Schedules[0];
        Assert.Equal(((DateTimeOffset?)at.AddDays(7), (DateTimeOffset?)at, "flow.not_found"), (moved.NextAt, moved.LastAt, moved.LastError?.Code));

        var next = (await _flows.FindAsync(Workspace, flow.Id, Token))!;
        Assert.True((await _flows.PublishAsync(Workspace, flow.Id, next.Revision, Second, Hash('8'), "", [], Owner, Token)).IsSuccess);
        Assert.Empty((await triggers.FindAsync(Workspace, flow.Id, Token))!.Schedules);
        Assert.Null(await triggers.FindAsync(DataFixture.Elsewhere(), flow.Id, Token));
    }

    [Fact]
    public async Task AWebhook_HasASecret_ThatIsShownOnce_KeptEncrypted_AndEnds()
    {
        var triggers = data.Get<IFlowTriggers>();
        var flow = await CreateAsync("Hooked");
        Assert.Null(await triggers.FindWebhookAsync(flow.Id, Token));
        Assert.Null(await triggers.RotateWebhookAsync(DataFixture.Elsewhere(), flow.Id, Owner, Token));
        var first = (await triggers.RotateWebhookAsync(Workspace, flow.Id, Owner, Token))!;
        var second = (await triggers.RotateWebhookAsync(Workspace, flow.Id, Owner, Token))!;
        Assert.NotEqual(first, second);
        Assert.Equal(new FlowWebhook(flow.Id, Workspace, second, false), await triggers.FindWebhookAsync(flow.Id, Token));
        Assert.NotNull((await triggers.FindAsync(Workspace, flow.Id, Token))!.WebhookSince);
        Assert.False(await triggers.RevokeWebhookAsync(DataFixture.Elsewhere(), flow.Id, Owner, Token));
        Assert.True(await triggers.RevokeWebhookAsync(Workspace, flow.Id, Owner, Token));
        Assert.Null(await triggers.FindWebhookAsync(flow.Id, Token));
        Assert.False(await triggers.RevokeWebhookAsync(Workspace, flow.Id, Owner, Token));
    }

    [Fact]
    public async Task ADraftThatIsRun_IsKeptByItsHash_AndNoVersion()
    {
        var flow = await CreateAsync("Draft");
        Assert.True(await _flows.KeepAsync(Workspace, flow.Id, First, Hash('d'), Token));
        Assert.True(await _flows.KeepAsync(Workspace, flow.Id, First, Hash('d'), Token));
        Assert.False(await _flows.KeepAsync(DataFixture.Elsewhere(), flow.Id, First, Hash('d'), Token));
        Assert.Equal((Hash('d'), null, First), Of(await _versions.FindAsync(Workspace, Hash('d'), Token)));
        Assert.Null(await _versions.FindAsync(Workspace, flow.Slug, null, Token));
    }

    [Fact]
    public async Task AFlow_GoesWithItsVersions_AndIsSaidInTheAuditLog()
    {
        var flow = await CreateAsync("Gone");
        await PublishAsync(flow, First, Hash('e'));
        Assert.Equal("flow.not_found", (await _flows.DeleteAsync(DataFixture.Elsewhere(), flow.Id, Owner, Token)).Error?.Code);
        Assert.True((await _flows.DeleteAsync(Workspace, flow.Id, Owner, Token)).IsSuccess);
        Assert.Null(await _flows.FindAsync(Workspace, flow.Id, Token));
        Assert.Null(await _versions.FindAsync(Workspace, Hash('e'), Token));
        var entries = (await data.Get<Core.Audit.IAuditLog>().ListAsync(Workspace, new(), null, 50, Token)).Items;
        Assert.Contains(entries, entry => entry.Action == "flow.deleted" && entry.Subject == flow.Slug);
    }

    [Fact]
    public async Task WhatCallsAFlow_IsKnown_AndKeepsItFromBeingDeleted()
    {
        var uses = data.Get<IFlowUses>();
        var flow = await CreateAsync("Called by others");
        var caller = $$$"""{"nodes":[{"id":"a","type":"sub-flow","config":{"flow":"{{{flow.Slug}}}@2"}},{"id":"b","type":"agent","config":{"tools":[{"kind":"flow","flow":"{{{flow.Slug}}}"}],"prompt":"{{{flow.Slug}}} is only a word"}},{"id":"c","type":"llm","config":{"model":"flow:{{{flow.Slug}}}@1"}}]}""";
        var other = (await _flows.CreateAsync(Workspace, "Caller", caller, Owner, Token)).Value;
        var app = (await data.Get<IAppStore>().CreateAsync(Workspace, "Desk of flows", new($"flow:{flow.Slug}", "", [], "", GenerationSettings.Default), Owner, Token)).Value;
        await _flows.SaveDraftAsync(Workspace, flow.Id, flow.Revision, flow.Name, $$$"""{"nodes":[{"id":"me","type":"sub-flow","config":{"flow":"{{{flow.Slug}}}"}}]}""", Token);

        Assert.Equal(["App Desk of flows ", "Flow Caller ", "Flow Caller 1", "Flow Caller 2"], (await uses.ListAsync(Workspace, flow.Id, Token)).Select(use => $"{use.Kind} {use.Name} {use.Number}").Order(StringComparer.Ordinal));
        Assert.Empty(await uses.ListAsync(DataFixture.Elsewhere(), flow.Id, Token));
        var refused = (await _flows.DeleteAsync(Workspace, flow.Id, Owner, Token)).Error!;
        Assert.Equal(("flow.in_use", "This flow is called by app \"Desk of flows\", flow \"Caller\"."), (refused.Code, refused.Message));

        // What an older version called does not count, once a newer one calls nothing.
        var first = (await PublishAsync(other, caller, Hash('7'))).Value;
        Assert.Equal(1, first.Number);
        var now = (await _flows.FindAsync(Workspace, other.Id, Token))!;
        await PublishAsync((await _flows.SaveDraftAsync(Workspace, other.Id, now.Revision, other.Name, First, Token)).Value, First, Hash('8'));
        await data.Get<IAppStore>().DeleteAsync(Workspace, app.Id, Owner, Token);
        Assert.True((await _flows.DeleteAsync(Workspace, flow.Id, Owner, Token)).IsSuccess);
    }

    private static string Hash(char of) => new(of, 64);

    private static (string Hash, int? Number, string Json) Of(FlowVersion? version) => (version!.Hash, version.Number, version.Json);

    private async Task<Flow> CreateAsync(string name) => (await _flows.CreateAsync(Workspace, name, First, Owner, Token)).Value;

    private Task<Core.Result<PublishedFlow>> PublishAsync(Flow flow, string json, string hash) =>
        _flows.PublishAsync(Workspace, flow.Id, flow.Revision, json, hash, "why", [], Owner, Token);

    public sealed class OnSqlite(SqliteData data) : FlowStoreTests(data), IClassFixture<SqliteData>;

    public sealed class OnPostgres(PostgresData data) : FlowStoreTests(data.OrSkip()), IClassFixture<PostgresData>;
}
