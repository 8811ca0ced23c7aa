using Microsoft.EntityFrameworkCore;
using MistralStudio.Core.Apps;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Models;

namespace MistralStudio.Data.Tests;

public abstract class AppStoreTests(DataFixture data)
{
    private static readonly AppDefinition s_draft = new("default", "Be kind.", [KnowledgeBaseId.New()], "Hello", new GenerationSettings(0.5f));
    private readonly IAppStore _apps = data.Get<IAppStore>();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private WorkspaceId Workspace => data.Owner.Workspace;

    private UserId Owner => data.Owner.User;

    [Fact]
    public async Task AName_BecomesAFreeSlug()
    {
        Assert.Equal("resume-de-l-ete", (await CreateAsync("Résumé de l'été!")).Slug);
        Assert.Equal("resume-de-l-ete-2", (await CreateAsync("Resume de l ete")).Slug);
        Assert.Matches("^[a-z0-9-]{1,63}$", (await CreateAsync("客服")).Slug);
        Assert.Matches("^[a-z0-9-]{1,63}$", (await CreateAsync(new string('x', 80))).Slug);
        Assert.Equal("app.name_empty", (await _apps.CreateAsync(Workspace, "  ", s_draft, Owner, Token)).Error?.Code);
    }

    [Fact]
    public async Task TheSecondOfTwoSaves_IsAConflict_AndLosesNothingOfTheFirst()
    {
        var app = await CreateAsync("Shared");
        var first = await _apps.SaveDraftAsync(Workspace, app.Id, app.Revision, "First", s_draft, Token);
        Assert.True(first.IsSuccess);
        Assert.Equal("app.conflict", (await _apps.SaveDraftAsync(Workspace, app.Id, app.Revision, "Second", s_draft, Token)).Error?.Code);
        Assert.Equal("First", (await _apps.FindAsync(Workspace, app.Id, Token))!.Name);
        Assert.True((await _apps.SaveDraftAsync(Workspace, app.Id, first.Value.Revision, "Second", s_draft, Token)).IsSuccess);
    }

    [Fact]
    public async Task Readers_GetThePublishedVersion_UntilTheNext()
    {
        var app = await CreateAsync("Published");
        Assert.Null(await _apps.FindPublishedAsync(app.Slug, Token));
        Assert.True(app.HasUnpublishedChanges);
        var version = (await _apps.PublishAsync(Workspace, app.Id, Owner, Token)).Value;
        Assert.Equal((1, Owner), (version.Number, version.PublishedBy));
        var published = (await _apps.FindAsync(Workspace, app.Id, Token))!;
        Assert.False(published.HasUnpublishedChanges);

        var changed = (await _apps.SaveDraftAsync(Workspace, app.Id, published.Revision, "Published", s_draft with { Instructions = "Be brief." }, Token)).Value;
        Assert.True(changed.HasUnpublishedChanges);
        Assert.Equal("Be kind.", (await _apps.FindPublishedAsync(app.Slug, Token))!.Definition.Instructions);
        var second = (await _apps.PublishAsync(Workspace, app.Id, Owner, Token)).Value;
        Assert.Equal(2, second.Number);
        Assert.NotEqual(version.Hash, second.Hash);
        Assert.Equal("Be brief.", (await _apps.FindPublishedAsync(app.Slug, Token))!.Definition.Instructions);
    }

    [Fact]
    public async Task AnAppOfAnotherWorkspace_IsUnknown()
    {
        var elsewhere = DataFixture.Elsewhere();
        var app = await PublishedAsync("Bordered");
        await _apps.RotateLinkAsync(Workspace, app.Id, Owner, Token);
        Assert.Null(await _apps.FindAsync(elsewhere, app.Id, Token));
        Assert.Equal("app.not_found", (await _apps.SaveDraftAsync(elsewhere, app.Id, app.Revision, "Stolen", s_draft, Token)).Error?.Code);
        Assert.Equal("app.not_found", (await _apps.PublishAsync(elsewhere, app.Id, Owner, Token)).Error?.Code);
        Assert.Equal("app.not_found", (await _apps.RotateLinkAsync(elsewhere, app.Id, Owner, Token)).Error?.Code);
        Assert.Null(await _apps.FindLinkAsync(elsewhere, app.Id, Token));
        Assert.False(await _apps.RevokeLinkAsync(elsewhere, app.Id, null, Token));
        Assert.False(await _apps.DeleteAsync(elsewhere, app.Id, null, Token));
        Assert.NotNull(await _apps.FindLinkAsync(Workspace, app.Id, Token));
    }

    [Fact]
    public async Task ALink_OpensUntilItIsRotated_Revoked_OrExpired()
    {
        var app = await CreateAsync("Linked");
        Assert.Equal("app.not_published", (await _apps.RotateLinkAsync(Workspace, app.Id, Owner, Token)).Error?.Code);
        await _apps.PublishAsync(Workspace, app.Id, Owner, Token);
        var (link, token) = (await _apps.RotateLinkAsync(Workspace, app.Id, Owner, Token)).Value;
        Assert.Matches("^[A-Za-z0-9_-]{22}$", token);
        Assert.Equal((60, 1000, TimeSpan.FromDays(30)), (link.AnswersPerHour, link.AnswersPerDay, link.ExpiresAt - link.CreatedAt));
        Assert.Equal(app.Id, (await _apps.OpenLinkAsync(token, Token))!.Value.Version.App);

        var (_, rotated) = (await _apps.RotateLinkAsync(Workspace, app.Id, Owner, Token)).Value;
        Assert.Null(await _apps.OpenLinkAsync(token, Token));
        Assert.Equal("app.link_ended", (await _apps.TakeAnswerAsync(link.Id, "1.2.3.4", Token)).Error?.Code);
        Assert.NotNull(await _apps.OpenLinkAsync(rotated, Token));
        Assert.True(await _apps.RevokeLinkAsync(Workspace, app.Id, null, Token));
        Assert.Null(await _apps.OpenLinkAsync(rotated, Token));

        var (_, last) = (await _apps.RotateLinkAsync(Workspace, app.Id, Owner, Token)).Value;
        data.Time.Advance(TimeSpan.FromDays(30));
        Assert.Null(await _apps.OpenLinkAsync(last, Token));
        Assert.Null(await _apps.FindLinkAsync(Workspace, app.Id, Token));
    }

    [Fact]
    public async Task ALinksBudget_IsPerAddressAndHour_AndARefusalCostsNothing()
    {
        var app = await PublishedAsync("Budget");
        var (link, _) = (await _apps.RotateLinkAsync(Workspace, app.Id, Owner, Token)).Value;
        for (var answer = 0; answer < 60; answer++)
        {
            Assert.True((await _apps.TakeAnswerAsync(link.Id, "203.0.113.7", Token)).IsSuccess);
        }

        Assert.Equal("app.link_busy", (await _apps.TakeAnswerAsync(link.Id, "203.0.113.7", Token)).Error?.Code);
        Assert.True((await _apps.TakeAnswerAsync(link.Id, "203.0.113.8", Token)).IsSuccess);
        data.Time.Advance(TimeSpan.FromHours(1));
        Assert.True((await _apps.TakeAnswerAsync(link.Id, "203.0.113.7", Token)).IsSuccess);
    }

    [Fact]
    public async Task ALinksDay_EndsForEveryAddress()
    {
        var app = await PublishedAsync("Day");
        var (link, _) = (await _apps.RotateLinkAsync(Workspace, app.Id, Owner, Token)).Value;
        await using (var context = await data.Get<IDbContextFactory<StudioDbContext>>().CreateDbContextAsync(Token))
        {
            await context.ShareLinks.Where(row => row.Id == link.Id).ExecuteUpdateAsync(set => set.SetProperty(row => row.AnswersPerDay, 3), Token);
        }

        for (var address = 0; address < 3; address++)
        {
            Assert.True((await _apps.TakeAnswerAsync(link.Id, $"198.51.100.{address}", Token)).IsSuccess);
        }

        Assert.Equal("app.link_busy", (await _apps.TakeAnswerAsync(link.Id, "198.51.100.9", Token)).Error?.Code);
        data.Time.Advance(TimeSpan.FromDays(1));
        Assert.True((await _apps.TakeAnswerAsync(link.Id, "198.51.100.9", Token)).IsSuccess);
    }

    [Fact]
    public async Task DeletingAnApp_TakesItsVersionsLinkAndConversationsAlong()
    {
        var app = await PublishedAsync("Doomed");
        var (_, token) = (await _apps.RotateLinkAsync(Workspace, app.Id, Owner, Token)).Value;
        var conversations = data.Get<IConversationStore>();
        var conversation = await conversations.CreateAsync(
            new NewConversation(Workspace, Owner, app.Id, "Asked", "default", "", GenerationSettings.Default, []), Token);
        Assert.DoesNotContain((await conversations.ListAsync(Workspace, Owner, null, null, null, 10, Token)).Items, item => item.Id == conversation.Id);
        Assert.Equal(conversation.Id, Assert.Single((await conversations.ListAsync(Workspace, Owner, app.Id, null, null, 10, Token)).Items).Id);

        Assert.True(await _apps.DeleteAsync(Workspace, app.Id, null, Token));
        Assert.Null(await _apps.OpenLinkAsync(token, Token));
        Assert.Null(await _apps.FindPublishedAsync(app.Slug, Token));
        Assert.Null(await conversations.FindAsync(Workspace, Owner, conversation.Id, Token));
    }

    private async Task<App> CreateAsync(string name) => (await _apps.CreateAsync(Workspace, name, s_draft, Owner, Token)).Value;

    private async Task<App> PublishedAsync(string name)
    {
        var app = await CreateAsync(name);
        await _apps.PublishAsync(Workspace, app.Id, Owner, Token);
        return (await _apps.FindAsync(Workspace, app.Id, Token))!;
    }

    public sealed class OnSqlite(SqliteData data) : AppStoreTests(data), IClassFixture<SqliteData>;

    public sealed class OnPostgres(PostgresData data) : AppStoreTests(data.OrSkip()), IClassFixture<PostgresData>;
}
