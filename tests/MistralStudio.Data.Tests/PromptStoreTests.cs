using MistralStudio.Core.Apps;
using MistralStudio.Core.Audit;
using MistralStudio.Core.Blobs;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Images;
using MistralStudio.Core.Models;
using MistralStudio.Core.Prompts;
using MistralStudio.Core.Security;
using MistralStudio.Data.Accounts;
using MistralStudio.Tests.Shared.Fakes;

namespace MistralStudio.Data.Tests;

public abstract class PromptStoreTests(DataFixture data)
{
    private readonly IPromptStore _prompts = data.Get<IPromptStore>();
    private readonly IPromptUses _uses = data.Get<IPromptUses>();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private WorkspaceId Workspace => data.Owner.Workspace;

    private UserId Owner => data.Owner.User;

    [Fact]
    public async Task Versions_AreKept_AndReadByNumber_AndTheSameIsNotKeptTwice()
    {
        var prompt = await CreateAsync("Réponse aux clients", "One {{a}}");
        Assert.Equal(("reponse-aux-clients", 1, 1L), (prompt.Slug, prompt.Latest.Number, prompt.Revision));
        Assert.NotEqual(prompt.Slug, (await CreateAsync("Réponse aux clients", "One {{a}}")).Slug);

        var second = (await AddAsync(prompt, "Two {{a}}", "clearer")).Value;
        Assert.Equal((2, "clearer", (UserId?)Owner, (PromptParent?)null), (second.Number, second.Message, second.CreatedBy, second.Parent));
        Assert.Equal(second, (await AddAsync(prompt, "Two {{a}}", "again")).Value);
        Assert.Equal(PromptJson.Hash(Content("Two {{a}}")), second.Hash);

        Assert.Equal("One {{a}}", (await _prompts.ReadAsync(Workspace, prompt.Id, 1, Token))!.Content.Messages[0].Text);
        Assert.Equal("Two {{a}}", (await _prompts.ReadAsync(Workspace, prompt.Id, null, Token))!.Content.Messages[0].Text);
        Assert.Null(await _prompts.ReadAsync(Workspace, prompt.Id, 3, Token));
        Assert.Null(await _prompts.ReadAsync(DataFixture.Elsewhere(), prompt.Id, 1, Token));
        var page = (await _prompts.ListVersionsAsync(Workspace, prompt.Id, null, 1, Token))!;
        Assert.Equal(2, Assert.Single(page.Items).Number);
        Assert.Equal(1, Assert.Single((await _prompts.ListVersionsAsync(Workspace, prompt.Id, page.After, 5, Token))!.Items).Number);
        Assert.Null(await _prompts.ListVersionsAsync(DataFixture.Elsewhere(), prompt.Id, null, 1, Token));

        Assert.Equal("prompt.empty", (await AddAsync(prompt, " ", "")).Error?.Code);
        Assert.Equal("prompt.not_found", (await _prompts.AddVersionAsync(DataFixture.Elsewhere(), prompt.Id, Content("x"), "", null, Owner, Token)).Error?.Code);
        Assert.Equal("prompt.name", (await _prompts.CreateAsync(Workspace, PromptForm.Named(" "), Content("x"), "", Owner, Token)).Error?.Code);
    }

    [Fact]
    public async Task RestoreAndFork_AreNewVersions_ThatSayWhereTheyCameFrom()
    {
        var prompt = await CreateAsync("Restored", "One");
        await AddAsync(prompt, "Two", "");

        var restored = (await _prompts.RestoreAsync(Workspace, prompt.Id, 1, "back", Owner, Token)).Value;
        Assert.Equal((3, "back", new PromptParent(prompt.Slug, 1), prompt.Latest.Hash), (restored.Number, restored.Message, restored.Parent, restored.Hash));
        var fork = (await _prompts.ForkAsync(Workspace, prompt.Id, 2, PromptForm.Named("Forked"), Owner, Token)).Value;
        Assert.Equal((1, new PromptParent(prompt.Slug, 2)), (fork.Latest.Number, fork.Latest.Parent));
        Assert.Equal("Two", (await _prompts.ReadAsync(Workspace, fork.Id, null, Token))!.Content.Messages[0].Text);
        Assert.Equal("prompt.version_not_found", (await _prompts.RestoreAsync(Workspace, prompt.Id, 9, "", Owner, Token)).Error?.Code);
        Assert.Equal("prompt.not_found", (await _prompts.ForkAsync(DataFixture.Elsewhere(), prompt.Id, 1, PromptForm.Named("x"), Owner, Token)).Error?.Code);
    }

    [Fact]
    public async Task Images_AreKeptWithVersions_ByWhoMaySeeThem_AndGoWithTheLastThatHasThem()
    {
        var images = data.Get<IPromptImages>();
        var prompt = (await _prompts.CreateAsync(Workspace, PromptForm.Named("Showing"), Attach(11, 3), "", Owner, Token)).Value;
        var first = Assert.Single((await _prompts.ReadAsync(Workspace, prompt.Id, 1, Token))!.Content.Images);
        Assert.True(await CanOpenAsync(prompt, first));
        Assert.Null(await images.OpenAsync(DataFixture.Elsewhere(), prompt.Id, first.Sha256, Token));
        Assert.Null(await images.OpenAsync(Workspace, prompt.Id, "../x", Token));

        // Of a conversation only its owner takes an image along; of a prompt everybody who makes prompts.
        var conversation = (await data.Get<IConversationStore>().CreateAsync(new NewConversation(Workspace, Owner, null, "x", "default", "", GenerationSettings.Default, []), Token)).Id;
        var drafted = (await data.Get<IConversationImages>().AddAsync(Workspace, Owner, conversation, Pictures.PngOf(11, 4), "b.png", Token)).Value;
        var other = await data.JoinAsync("shows@example.com", Role.Builder);
        Assert.Equal("prompt.image_gone", (await _prompts.AddVersionAsync(Workspace, prompt.Id, Showing(drafted), "", null, other.User, Token)).Error?.Code);
        Assert.True((await _prompts.AddVersionAsync(Workspace, prompt.Id, Showing(drafted), "", null, Owner, Token)).IsSuccess);
        var theirs = (await _prompts.CreateAsync(Workspace, PromptForm.Named("Theirs"), Showing(drafted), "", other.User, Token)).Value;
        var fork = (await _prompts.ForkAsync(Workspace, prompt.Id, 1, PromptForm.Named("Forked"), other.User, Token)).Value;
        Assert.Equal("prompt.image_gone", (await _prompts.CreateAsync(Workspace, PromptForm.Named("No"), Showing(drafted with { Sha256 = new string('a', 64) }), "", Owner, Token)).Error?.Code);
        await data.Get<IConversationStore>().DeleteAsync(Workspace, Owner, conversation, Token);
        await data.Get<IConversationImages>().DropLeftAsync(Token);
        Assert.True(await CanOpenAsync(prompt, drafted));

        Assert.True((await _prompts.DeleteVersionAsync(Workspace, prompt.Id, 1, Owner, Token)).IsSuccess);
        Assert.False(await CanOpenAsync(prompt, first));
        Assert.True(await CanOpenAsync(fork, first));
        Assert.True((await _prompts.DeleteAsync(Workspace, prompt.Id, Owner, Token)).IsSuccess);
        Assert.True(await CanOpenAsync(theirs, drafted));
        Assert.True((await _prompts.DeleteAsync(Workspace, theirs.Id, Owner, Token)).IsSuccess);
        Assert.Null(await data.Get<IBlobStore>().OpenAsync(Workspace, drafted.Sha256, Token));

        // What was refused leaves nothing behind.
        var refused = Attach(11, 5);
        Assert.Equal("prompt.message", (await _prompts.AddVersionAsync(Workspace, fork.Id, refused, new string('a', 1_001), null, Owner, Token)).Error?.Code);
        Assert.Equal("prompt.not_found", (await _prompts.AddVersionAsync(Workspace, prompt.Id, refused, "", null, Owner, Token)).Error?.Code);
        Assert.Null(await data.Get<IBlobStore>().OpenAsync(Workspace, refused.Images.Single().Sha256, Token));

        async Task<bool> CanOpenAsync(Prompt of, MessageImage image)
        {
            await using var bytes = await images.OpenAsync(Workspace, of.Id, image.Sha256, Token);
            return bytes is not null;
        }

        static PromptContent Showing(MessageImage image) => PromptContent.Empty with { Messages = [new(MessageRole.User, "Look") { Images = [image] }] };

        static PromptContent Attach(int width, int height)
        {
            var bytes = Pictures.PngOf(width, height);
            var image = PromptImageData.Describe(bytes, ImageShape.Read(bytes)!, "a.png");
            return Showing(image) with { Attached = new Dictionary<string, ReadOnlyMemory<byte>> { [image.Sha256] = bytes } };
        }
    }

    [Fact]
    public async Task Lists_AreSearched_ByNameTagAndText_ByFolderAndLabel_AndWithoutTheArchive()
    {
        var one = (await _prompts.CreateAsync(Workspace, new("Zebra reply", " Support / Refunds ", ["legal", " Mail ", "legal"]), Content("About ostriches_x"), "", Owner, Token)).Value;
        var two = (await _prompts.CreateAsync(Workspace, new("Zebra digest", "Support/Refunds/Old", []), Content("b"), "", Owner, Token)).Value;
        Assert.Equal(("Support/Refunds", "legal,Mail"), (one.Form.Folder, string.Join(",", one.Form.Tags)));

        Assert.Equal([two.Id, one.Id], await FindAsync(new("ZEBRA")));
        Assert.Equal([one.Id], await FindAsync(new("ostriches_X")));
        Assert.Equal([one.Id], await FindAsync(new("zebra-reply")));
        Assert.Equal([two.Id, one.Id], await FindAsync(new(Folder: "Support/Refunds")));
        Assert.Equal([two.Id], await FindAsync(new(Folder: "Support/Refunds/Old")));
        Assert.Empty(await FindAsync(new(Folder: "Support/Ref")));
        Assert.Equal([one.Id], await FindAsync(new(Tag: "Mail")));
        Assert.Empty(await FindAsync(new(Tag: "Mai")));
        await MoveAsync(two, "production", 1, null);
        Assert.Equal([two.Id], await FindAsync(new("zebra", Label: "production")));

        var archived = (await _prompts.SaveFormAsync(Workspace, one.Id, one.Revision, one.Form with { IsArchived = true, Name = "Zebra answer" }, Token)).Value;
        Assert.Equal([two.Id], await FindAsync(new("zebra")));
        Assert.Equal([one.Id], await FindAsync(new("zebra answer", IsArchived: true)));
        Assert.Equal("prompt.conflict", (await _prompts.SaveFormAsync(Workspace, one.Id, one.Revision, one.Form, Token)).Error?.Code);
        Assert.Equal("prompt.not_found", (await _prompts.SaveFormAsync(DataFixture.Elsewhere(), one.Id, archived.Revision, one.Form, Token)).Error?.Code);
        Assert.Equal("prompt.folder", (await _prompts.SaveFormAsync(Workspace, one.Id, archived.Revision, one.Form with { Folder = "a/b/c/d/e/f" }, Token)).Error?.Code);
        Assert.Equal("prompt.tag", (await _prompts.SaveFormAsync(Workspace, one.Id, archived.Revision, one.Form with { Tags = [new string('x', 41)] }, Token)).Error?.Code);

        var shelves = await _prompts.ListShelvesAsync(Workspace, Token);
        Assert.Contains(shelves.Folders, folder => folder == new PromptGroup("Support/Refunds/Old", 1));
        Assert.DoesNotContain(shelves.Tags, tag => tag.Name == "Mail");
        Assert.True(shelves.Archived >= 1);
        Assert.Contains(shelves.Labels, label => label.Name == "production");
        Assert.Equal(0, (await _prompts.ListShelvesAsync(DataFixture.Elsewhere(), Token)).Active);
    }

    [Fact]
    public async Task ALabel_Moves_AndTheSecondOfTwoIsToldWhoMovedItWhereTo()
    {
        var prompt = await CreateAsync("Labelled", "One");
        await AddAsync(prompt, "Two", "");
        await AddAsync(prompt, "Three", "");
        var other = await data.JoinAsync($"ann{Guid.NewGuid():N}@example.com", Role.Builder);

        var first = await MoveAsync(prompt, "production", 1, null);
        Assert.Equal((1, (UserId?)Owner, "owner"), (first.Version, first.MovedBy, first.MovedByName));
        var theirs = (await _prompts.MoveLabelAsync(Workspace, prompt.Id, "production", 2, first.Revision, other.User, Token)).Value;
        Assert.True(theirs.Revision > first.Revision);
        var mine = await _prompts.MoveLabelAsync(Workspace, prompt.Id, "production", 3, first.Revision, Owner, Token);
        Assert.Equal("prompt.label_moved", mine.Error?.Code);
        Assert.Matches("^ann[0-9a-f]+ moved the label production to version 2 meanwhile\\.$", mine.Error!.Message);
        Assert.Equal("prompt.label_moved", (await _prompts.MoveLabelAsync(Workspace, prompt.Id, "production", 3, null, Owner, Token)).Error?.Code);
        Assert.Equal("Two", (await _prompts.ResolveAsync(Workspace, prompt.Slug, "production", Token)).Value.Content.Messages[0].Text);

        Assert.Equal("prompt.version_not_found", (await _prompts.MoveLabelAsync(Workspace, prompt.Id, "staging", 9, null, Owner, Token)).Error?.Code);
        Assert.Equal("prompt.label_name", (await _prompts.MoveLabelAsync(Workspace, prompt.Id, "latest", 1, null, Owner, Token)).Error?.Code);
        Assert.Equal("prompt.label_name", (await _prompts.MoveLabelAsync(Workspace, prompt.Id, "7", 1, null, Owner, Token)).Error?.Code);
        Assert.Equal("prompt.not_found", (await _prompts.MoveLabelAsync(DataFixture.Elsewhere(), prompt.Id, "staging", 1, null, Owner, Token)).Error?.Code);

        Assert.Equal("prompt.label_moved", (await _prompts.RemoveLabelAsync(Workspace, prompt.Id, "production", first.Revision, Owner, Token)).Error?.Code);
        Assert.True((await _prompts.RemoveLabelAsync(Workspace, prompt.Id, "production", theirs.Revision, Owner, Token)).IsSuccess);
        Assert.Equal("prompt.label_gone", (await _prompts.MoveLabelAsync(Workspace, prompt.Id, "production", 3, theirs.Revision, Owner, Token)).Error?.Code);
        Assert.True((await MoveAsync(prompt, "production", 3, null)).Revision > theirs.Revision);
        Assert.Equal(["production: 1", "production: 1 > 2", "production: 2", "production: 3"], (await AuditAsync(prompt.Slug)).Select(entry => entry.Detail));
    }

    [Fact]
    public async Task AReference_NamesANumberALabelOrTheLatest_AndSaysWhichThereAre()
    {
        var prompt = await CreateAsync("Resolved", "One");
        await AddAsync(prompt, "Two", "");
        await MoveAsync(prompt, "production", 1, null);

        Assert.Equal(2, await NumberAsync(null));
        Assert.Equal(2, await NumberAsync("latest"));
        Assert.Equal(1, await NumberAsync("1"));
        Assert.Equal(1, await NumberAsync("production"));
        var missing = (await _prompts.ResolveAsync(Workspace, prompt.Slug, "staging", Token)).Error!;
        Assert.Equal("prompt.version_not_found", missing.Code);
        Assert.Contains("production", missing.Next, StringComparison.Ordinal);
        Assert.Equal("prompt.not_found", (await _prompts.ResolveAsync(DataFixture.Elsewhere(), prompt.Slug, null, Token)).Error?.Code);

        async Task<int> NumberAsync(string? detail) => (await _prompts.ResolveAsync(Workspace, prompt.Slug, detail, Token)).Value.Version.Number;
    }

    [Fact]
    public async Task WhatIsInUse_IsNotDeleted_AndSaysWhere()
    {
        var prompt = await CreateAsync("Used", "One");
        foreach (var text in new[] { "Two", "Three", "Four" })
        {
            await AddAsync(prompt, text, "");
        }

        Assert.Equal("prompt.only_version", (await _prompts.DeleteVersionAsync(Workspace, (await CreateAsync("Alone", "x")).Id, 1, Owner, Token)).Error?.Code);
        await MoveAsync(prompt, "production", 1, null);
        var app = (await data.Get<IAppStore>().CreateAsync(Workspace, "Desk", new($"prompt:{prompt.Slug}@2", "", [], "", GenerationSettings.Default), Owner, Token)).Value;
        var definition = $$$"""{"nodes":[{"id":"a","type":"llm","config":{"model":"prompt:{{{prompt.Slug}}}","prompt":"about prompt:{{{prompt.Slug}}}@3"}}]}""";
        var flow = (await data.Get<IFlowStore>().CreateAsync(Workspace, "Triage", definition, Owner, Token)).Value;
        await data.Get<IFlowStore>().PublishAsync(Workspace, flow.Id, flow.Revision, definition.Replace($"prompt:{prompt.Slug}\"", $"prompt:{prompt.Slug}@production\"", StringComparison.Ordinal), new string('a', 64), "", [], Owner, Token);

        Assert.Contains("label production, flow \"Triage\" (version 1)", (await _prompts.DeleteVersionAsync(Workspace, prompt.Id, 1, Owner, Token)).Error!.Message, StringComparison.Ordinal);
        Assert.Contains("app \"Desk\"", (await _prompts.DeleteVersionAsync(Workspace, prompt.Id, 2, Owner, Token)).Error!.Message, StringComparison.Ordinal);
        Assert.True((await _prompts.DeleteVersionAsync(Workspace, prompt.Id, 3, Owner, Token)).IsSuccess);
        Assert.Contains("flow \"Triage\"", (await _prompts.DeleteVersionAsync(Workspace, prompt.Id, 4, Owner, Token)).Error!.Message, StringComparison.Ordinal);
        Assert.Equal("prompt.in_use", (await _prompts.DeleteAsync(Workspace, prompt.Id, Owner, Token)).Error?.Code);
        var label = (await _prompts.FindAsync(Workspace, prompt.Id, Token))!.Labels[0];
        Assert.Equal("prompt.label_in_use", (await _prompts.RemoveLabelAsync(Workspace, prompt.Id, "production", label.Revision, Owner, Token)).Error?.Code);
        Assert.Equal(
            ["App Desk 2 ", "Flow Triage  ", "Flow Triage production 1"],
            (await _uses.ListAsync(Workspace, prompt.Slug, Token)).Select(use => $"{use.Kind} {use.Name} {use.Detail} {use.Version}").Order(StringComparer.Ordinal));

        await data.Get<IAppStore>().DeleteAsync(Workspace, app.Id, Owner, Token);
        await data.Get<IFlowStore>().DeleteAsync(Workspace, flow.Id, Owner, Token);
        Assert.True((await _prompts.DeleteVersionAsync(Workspace, prompt.Id, 4, Owner, Token)).IsSuccess);
        Assert.Equal(2, (await _prompts.FindAsync(Workspace, prompt.Id, Token))!.Latest.Number);
        Assert.Equal(5, (await AddAsync(prompt, "Five", "")).Value.Number);
        Assert.Equal("prompt.not_found", (await _prompts.DeleteAsync(DataFixture.Elsewhere(), prompt.Id, Owner, Token)).Error?.Code);
        Assert.True((await _prompts.DeleteAsync(Workspace, prompt.Id, Owner, Token)).IsSuccess);
        Assert.Null(await _prompts.FindAsync(Workspace, prompt.Slug, Token));
        Assert.Equal(["prompt.label_moved", "prompt.version_deleted", "prompt.version_deleted", "prompt.deleted"], (await AuditAsync(prompt.Slug)).Select(entry => entry.Action));
    }

    [Fact]
    public async Task Calls_AreCounted_ByVersionNameAndKey_AndAKeyThatCallsIsAUse()
    {
        var prompt = await CreateAsync("Called", "One");
        await AddAsync(prompt, "Two", "");
        var first = (await _prompts.ResolveAsync(Workspace, prompt.Slug, "1", Token)).Value;
        var latest = (await _prompts.ResolveAsync(Workspace, prompt.Slug, null, Token)).Value;
        var (key, _) = (await data.Get<ApiKeyStore>().CreateAsync(Workspace, Owner, "intranet", [Permissions.ModelsUse], null, Token)).Value;

        _uses.Count(first, "1", key.Id.ToString());
        _uses.Count(first, "1", key.Id.ToString());
        _uses.Count(latest, null, Owner.ToString());
        _uses.Count(latest, null, null);
        var calls = await _uses.ListCallsAsync(Workspace, prompt.Id, Token);
        Assert.Equal(["1 1 intranet 2", "2   2"], calls.Select(call => $"{call.Version} {call.Detail} {call.KeyName} {call.Count}").Order(StringComparer.Ordinal));
        _uses.Count(first, "1", key.Id.ToString());
        Assert.Equal(3, (await _uses.ListCallsAsync(Workspace, prompt.Id, Token)).Single(call => call.Key == key.Id).Count);
        Assert.Empty(await _uses.ListCallsAsync(DataFixture.Elsewhere(), prompt.Id, Token));
        var pace = (await _uses.ListPacesAsync(Workspace, 7, Token)).Single(found => found.Slug == prompt.Slug);
        Assert.Equal([0, 0, 0, 0, 0, 0, 5], pace.Days);
        Assert.Equal(1, (await _uses.CountKeysAsync(Workspace, Token))[prompt.Slug]);
        Assert.Empty(await _uses.CountKeysAsync(DataFixture.Elsewhere(), Token));

        Assert.Contains("API key \"intranet\" (3 calls in 30 days)", (await _prompts.DeleteVersionAsync(Workspace, prompt.Id, 1, Owner, Token)).Error!.Message, StringComparison.Ordinal);
        data.Time.Advance(TimeSpan.FromDays(IPromptUses.Days + 1));
        Assert.Empty(await _uses.ListCallsAsync(Workspace, prompt.Id, Token));
        Assert.True((await _prompts.DeleteVersionAsync(Workspace, prompt.Id, 1, Owner, Token)).IsSuccess);
    }

    [Fact]
    public async Task AVersion_SearchesWithTheRightsOfItsAuthor_WhileTheyHoldThem()
    {
        var author = await data.JoinAsync($"eve{Guid.NewGuid():N}@example.com", Role.Builder);
        var prompt = (await _prompts.CreateAsync(Workspace, PromptForm.Named("Searching"), Content("x"), "", author.User, Token)).Value;
        var version = (await _prompts.ResolveAsync(Workspace, prompt.Slug, null, Token)).Value;

        Assert.True((await _prompts.CheckAuthorAsync(version, Token)).IsSuccess);
        await data.Get<AccountStore>().ChangeRoleAsync(Workspace, author.User, Role.Viewer, Owner, Token);
        Assert.Equal("prompt.author_gone", (await _prompts.CheckAuthorAsync(version, Token)).Error?.Code);
    }

    private static PromptContent Content(string text) => PromptContent.Empty with { Messages = [new(MessageRole.User, text)] };

    private async Task<Prompt> CreateAsync(string name, string text) => (await _prompts.CreateAsync(Workspace, PromptForm.Named(name), Content(text), "first", Owner, Token)).Value;

    private Task<Core.Result<PromptVersion>> AddAsync(Prompt prompt, string text, string message) => _prompts.AddVersionAsync(Workspace, prompt.Id, Content(text), message, null, Owner, Token);

    private async Task<PromptLabel> MoveAsync(Prompt prompt, string label, int version, long? revision) => (await _prompts.MoveLabelAsync(Workspace, prompt.Id, label, version, revision, Owner, Token)).Value;

    private async Task<IEnumerable<PromptId>> FindAsync(PromptFilter filter) => (await _prompts.ListAsync(Workspace, filter, null, 50, Token)).Items.Select(prompt => prompt.Id);

    private async Task<IEnumerable<AuditEntry>> AuditAsync(string slug) =>
        (await data.Get<IAuditLog>().ListAsync(Workspace, new(), null, 200, Token)).Items.Where(entry => entry.Subject == slug).Reverse();

    public sealed class OnSqlite(SqliteData data) : PromptStoreTests(data), IClassFixture<SqliteData>;

    public sealed class OnPostgres(PostgresData data) : PromptStoreTests(data.OrSkip()), IClassFixture<PostgresData>;
}
