using System.Collections.Frozen;
using Bunit;
using Microsoft.Extensions.DependencyInjection;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Images;
using MistralStudio.Core.Models;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Prompts;
using MistralStudio.Core.Security;
using MistralStudio.Data.Accounts;
using MistralStudio.Tests.Shared.Fakes;
using MistralStudio.Web.Features.Prompts;
using MistralStudio.Web.Tests.Api;
using TestContext = Xunit.TestContext;

namespace MistralStudio.Web.Tests.Prompts;

/// <summary>What the pages of prompts know and do, over the real stores.</summary>
public sealed class PromptPagesTests(ApiStudio studio) : IClassFixture<ApiStudio>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private IPromptStore Store => studio.Services.GetRequiredService<IPromptStore>();

    private IPromptUses Uses => studio.Services.GetRequiredService<IPromptUses>();

    [Fact]
    public async Task TwoPeopleMoveOneLabel_AndTheSecondSeesWhereItIsNow()
    {
        var owner = await OwnerAsync();
        var prompt = await CreateAsync(owner, "Moved");
        await Store.AddVersionAsync(owner.Workspace, prompt.Id, Content("two"), "", null, owner.User!.Value, Token);
        var (mine, theirs) = (State(owner), State(owner));
        Assert.True(await mine.LoadAsync(prompt.Slug, null, Token));
        Assert.True(await theirs.LoadAsync(prompt.Slug, 1, Token));

        Assert.True(await theirs.MoveLabelAsync("production", 1, Token));
        Assert.False(await mine.MoveLabelAsync("production", 2, Token));
        Assert.Equal("prompt.label_moved", mine.Error!.Code);
        Assert.Equal(1, Assert.Single(mine.Prompt!.Labels).Version);
        Assert.True(await mine.MoveLabelAsync("production", 2, Token), "The second try is about what is there now.");
        Assert.False(await mine.DeleteVersionAsync(2, Token));
        Assert.Contains("label production", mine.Error!.Message, StringComparison.Ordinal);
        Assert.True(await mine.RemoveLabelAsync("production", Token));
    }

    [Fact]
    public async Task AVersion_IsRestored_Compared_Forked_AndDeleted()
    {
        var owner = await OwnerAsync();
        var prompt = await CreateAsync(owner, "Walked");
        await Store.AddVersionAsync(owner.Workspace, prompt.Id, Content("two"), "", null, owner.User!.Value, Token);
        var state = State(owner);
        Assert.False(await state.LoadAsync("nowhere", null, Token));
        Assert.True(await state.LoadAsync(prompt.Slug, 2, Token));

        Assert.True(await state.CompareAsync(1, 2, Token));
        Assert.False(state.Compared!.Value.Diff.IsSame);
        Assert.False(await state.CompareAsync(1, 9, Token));
        Assert.True(await state.RestoreAsync(1, "back", Token));
        Assert.Equal([3, 2, 1], state.Versions!.Select(version => version.Number));
        Assert.Equal("walked-2", (await state.ForkAsync(2, PromptForm.Named("Walked"), Token))!.Slug);
        Assert.True(await state.DeleteVersionAsync(2, Token));
        Assert.Equal(3, state.Text!.Version.Number);
        Assert.True(await state.SaveFormAsync(state.Prompt!.Form with { Folder = "A" }, Token));
        Assert.True(await state.DeleteAsync(Token));
    }

    [Fact]
    public async Task AList_IsFiltered_PromptsAreMadeAndImported_AndReadersMakeNone()
    {
        var owner = await OwnerAsync();
        var state = new PromptListState(Store, Uses, studio.Services.GetRequiredService<IModelRouter>(), owner);
        Assert.Null(await state.CreateAsync(PromptForm.Named("Empty"), " ", "", Token));
        Assert.Equal("prompt.empty", state.Error!.Code);
        var made = (await state.CreateAsync(PromptForm.Named("Zebra"), "", "Say {{x}}", Token))!;
        Assert.False(await state.ReadAsync("curl -d @file url", null, Token));
        Assert.True(await state.ReadAsync("""{"messages":[{"role":"user","content":"Zebra too"}]}""", null, Token));
        Assert.NotNull(await state.KeepImportedAsync("Zebra two", Token));

        await state.FindAsync(new("zebra"), Token);
        Assert.Equal(2, state.Prompts!.Count);
        Assert.True(await state.ArchiveAsync(state.Prompts[0], true, Token));
        Assert.Equal(made.Id, Assert.Single(state.Prompts!).Id);
        Assert.Equal(PromptListState.Days, state.PaceOf(made).Count);

        var reader = owner with { Granted = new[] { Permissions.PromptsRead }.ToFrozenSet() };
        await Assert.ThrowsAsync<UnauthorizedAccessException>(() => new PromptListState(Store, Uses, studio.Services.GetRequiredService<IModelRouter>(), reader).CreateAsync(PromptForm.Named("No"), "", "x", Token));
        var locked = State(reader);
        await locked.LoadAsync(made.Slug, null, Token);
        await Assert.ThrowsAsync<UnauthorizedAccessException>(() => locked.MoveLabelAsync("production", 1, Token));
        await Assert.ThrowsAsync<UnauthorizedAccessException>(() => locked.DeleteAsync(Token));
    }

    [Fact]
    public async Task SaveVersion_KeepsANewPromptWithALabel_AndThenItsNextVersion()
    {
        var owner = await OwnerAsync();
        await using var page = new BunitContext();
        page.JSInterop.Mode = JSRuntimeMode.Loose;
        page.Services.AddLogging();
        page.Services.AddLocalization();
        page.Services.AddSingleton(Store);
        var scope = new Layout.WorkspaceScope(owner, "workspace", "Workspace", Role.Owner, "Ada", "ada@example.org");
        PromptText? saved = null;

        var first = Show("Kept {{x}}", null);
        first.Find("input.lg").Input("Kept by dialog");
        first.FindAll("select").Last().Change("production");
        await first.Find("form").SubmitAsync();
        Assert.Equal(("kept-by-dialog", 1), (saved!.Slug, saved.Version.Number));

        var next = Show("Kept better {{x}}", "kept-by-dialog");
        await next.Find("form").SubmitAsync();
        Assert.Equal(("kept-by-dialog", 2), (saved!.Slug, saved.Version.Number));
        var prompt = (await Store.FindAsync(owner.Workspace, "kept-by-dialog", Token))!;
        Assert.Equal(1, Assert.Single(prompt.Labels).Version);

        IRenderedComponent<SaveVersion> Show(string text, string? slug) => page.Render<SaveVersion>(set => set
            .AddCascadingValue(scope).Add(one => one.Content, Content(text)).Add(one => one.Slug, slug).Add(one => one.OnSaved, version => saved = version));
    }

    [Fact]
    public async Task Images_AreShownWithTheirMessage_AndInTheComparison_WhereKnowledgeGoesByItsName()
    {
        var owner = await OwnerAsync();
        var (one, two) = (Pictures.PngOf(21, 3), Pictures.PngOf(21, 4));
        var knowledge = studio.Services.GetRequiredService<IKnowledgeStore>();
        var filings = await knowledge.CreateBaseAsync(owner.Workspace, "Filings", "minilm", owner.User!.Value, Token);
        var prompt = (await Store.CreateAsync(owner.Workspace, PromptForm.Named("Shown"), Showing(one, "one.png"), "", owner.User!.Value, Token)).Value;
        await Store.AddVersionAsync(owner.Workspace, prompt.Id, Showing(two, "two.png") with { Knowledge = [filings.Id] }, "", null, owner.User.Value, Token);
        var state = State(owner);
        await state.LoadAsync(prompt.Slug, null, Token);
        await state.CompareAsync(1, 2, Token);
        await using var page = new BunitContext();
        page.JSInterop.Mode = JSRuntimeMode.Loose;
        page.Services.AddLogging();
        page.Services.AddLocalization();
        page.Services.AddSingleton(TimeProvider.System);
        page.Services.AddSingleton(knowledge);
        var scope = new Layout.WorkspaceScope(owner, "workspace", "Workspace", Role.Owner, "Ada", "ada@example.org");

        var shown = page.Render<PromptContentView>(set => set.AddCascadingValue(scope).Add(one => one.Text, state.Text!).Add(one => one.NameOf, _ => "Ada"));
        var image = state.Text!.Content.Images.Single();
        Assert.Equal($"/w/workspace/prompts/{prompt.Id}/images/{image.Sha256}", shown.Find(".shots img").GetAttribute("src"));
        var compared = page.Render<PromptComparison>(set => set.AddCascadingValue(scope).Add(one => one.State, state).Add(one => one.Compared, state.Compared!.Value).Add(one => one.NameOf, _ => "Ada").Add(one => one.Address, "/x?tab=compare"));
        Assert.Equal(["image removed: one.png", "image added: two.png"], compared.FindAll(".diff-image > span").Select(line => line.FirstChild!.TextContent));
        Assert.Contains("21 × 4", compared.Markup, StringComparison.Ordinal);
        compared.WaitForAssertion(() => Assert.Contains("Filings", compared.FindAll(".param-diff ins").Select(value => value.TextContent)));

        static PromptContent Showing(byte[] bytes, string name)
        {
            var image = PromptImageData.Describe(bytes, ImageShape.Read(bytes)!, name);
            return PromptContent.Empty with { Messages = [new(MessageRole.User, "Look") { Images = [image] }], Attached = new Dictionary<string, ReadOnlyMemory<byte>> { [image.Sha256] = bytes } };
        }
    }

    private static PromptContent Content(string text) => PromptContent.Empty with { Messages = [new(MessageRole.User, text)] };

    private PromptState State(Caller caller) => new(Store, Uses, caller);

    private async Task<Prompt> CreateAsync(Caller owner, string name) => (await Store.CreateAsync(owner.Workspace, PromptForm.Named(name), Content("one"), "", owner.User!.Value, Token)).Value;

    private async Task<Caller> OwnerAsync()
    {
        using var started = studio.CreateClient();
        var owner = (await studio.Services.GetRequiredService<AccountStore>().FindDefaultOwnerAsync(Token))!;
        return new Caller(owner.Workspace, owner.User, RolePermissions.Of(Role.Owner));
    }
}
