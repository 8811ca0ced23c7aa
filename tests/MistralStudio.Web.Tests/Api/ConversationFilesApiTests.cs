using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Models;
using MistralStudio.Core.Security;

namespace MistralStudio.Web.Tests.Api;

public sealed class ConversationFilesApiTests(ApiStudio studio) : IClassFixture<ApiStudio>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AFile_IsThereForItsOwnerAlone_AndGoesWithTheConversation()
    {
        var me = await studio.JoinAsync("me@example.org", Role.Member);
        using var mine = await studio.SignedInAsync(me.User, [.. RolePermissions.Of(Role.Member)]);
        // A colleague with every right that there is.
        using var theirs = await studio.SignedInAsync();
        var conversation = await BeginAsync(me.Workspace, me.User);
        var address = $"/api/conversations/{conversation}/files";

        using var foreign = await theirs.PostAsync(address, File("theirs.md"), Token);
        Assert.Equal((HttpStatusCode.NotFound, "chat.conversation_not_found"), (foreign.StatusCode, await CodeAsync(foreign)));
        using var accepted = await mine.PostAsync(address, File("offer.md"), Token);
        Assert.Equal(HttpStatusCode.Accepted, accepted.StatusCode);
        var document = DocumentId.Parse((await accepted.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("documents")[0].GetProperty("id").GetString()!);

        var files = studio.Services.GetRequiredService<IConversationFiles>();
        var parent = (await files.FindAsync(me.Workspace, me.User, conversation, Token))!.Id;
        var store = studio.Services.GetRequiredService<IPassageStore>();
        while ((await store.FindAsync(document, Token))!.State != DocumentState.Indexed)
        {
            await Task.Delay(50, Token);
        }

        var list = await theirs.GetFromJsonAsync<JsonElement>("/api/knowledge-bases?limit=200", Token);
        Assert.DoesNotContain(list.GetProperty("items").EnumerateArray(), item => item.GetProperty("id").GetString() == parent.ToString());
        var inside = $"/api/knowledge-bases/{parent}";
        foreach (var path in (string[])["", "/documents", $"/documents/{document}", $"/documents/{document}/text", $"/documents/{document}/content", $"/documents/{document}/passages", "/settings"])
        {
            using var answer = await theirs.GetAsync(inside + path, Token);
            Assert.True(answer.StatusCode == HttpStatusCode.NotFound, $"{path} answers {answer.StatusCode}.");
        }

        foreach (var (path, body) in ((string, object)[])[("/ask", new { question = "offer?" }), ("/sources", new { kind = "web", location = "https://example.org" }), ($"/documents/{document}/cancel", new { })])
        {
            using var answer = await theirs.PostAsJsonAsync(inside + path, body, Token);
            Assert.True(answer.StatusCode == HttpStatusCode.NotFound, $"{path} answers {answer.StatusCode}.");
        }

        // A search decides itself which bases it sees: by the access that it is asked with.
        using var searched = await theirs.PostAsJsonAsync($"{inside}/search", new { query = "offer" }, Token);
        Assert.Equal(KnowledgeAccess.Of(me.Workspace, null), studio.Search.Asked!.Access);

        using var smuggled = await theirs.PostAsync($"{inside}/documents", File("smuggled.md"), Token);
        Assert.Equal(HttpStatusCode.NotFound, smuggled.StatusCode);
        using var deletion = await theirs.DeleteAsync(inside, Token);
        Assert.Equal(HttpStatusCode.NotFound, deletion.StatusCode);
        using var app = await theirs.PostAsJsonAsync("/api/apps", new { name = "Thief", model = "scripted", knowledge = new[] { parent.ToString() } }, Token);
        Assert.Equal(HttpStatusCode.NotFound, app.StatusCode);

        // The owner opens what an answer cites.
        Assert.Equal("The offer ends on Friday.", await mine.GetStringAsync($"{inside}/documents/{document}/content", Token));

        var conversations = studio.Services.GetRequiredService<IConversationStore>();
        Assert.True(await conversations.DeleteAsync(me.Workspace, me.User, conversation, Token));
        studio.Services.GetRequiredService<IConversationFileErasure>().Begin();
        var knowledge = studio.Services.GetRequiredService<IKnowledgeStore>();
        while (await knowledge.FindBaseAsync(KnowledgeAccess.Studio(me.Workspace), parent, Token) is not null)
        {
            await Task.Delay(50, Token);
        }

        Assert.Null(await store.FindAsync(document, Token));
    }

    [Fact]
    public async Task AFile_IsRefused_WithOneSentence()
    {
        using var client = await studio.SignedInAsync();
        var owner = (await studio.Services.GetRequiredService<Data.Accounts.AccountStore>().FindDefaultOwnerAsync(Token))!;
        var address = $"/api/conversations/{await BeginAsync(owner.Workspace, owner.User)}/files";
        using var large = await client.PostAsync(address, File("large.md", new string('x', 3 << 20)), Token);
        Assert.Equal((HttpStatusCode.RequestEntityTooLarge, "knowledge.document_too_large"), (large.StatusCode, await CodeAsync(large)));
        using var empty = await client.PostAsync(address, File("empty.md", ""), Token);
        Assert.Equal("knowledge.document_empty", await CodeAsync(empty));
        using var none = await client.PostAsync($"/api/conversations/{ConversationId.New()}/files", File("a.md"), Token);
        Assert.Equal(HttpStatusCode.NotFound, none.StatusCode);
        using var reader = await studio.SignedInAsync(Permissions.KnowledgeRead);
        using var forbidden = await reader.PostAsync(address, File("a.md"), Token);
        Assert.Equal(HttpStatusCode.Forbidden, forbidden.StatusCode);
    }

    private async Task<ConversationId> BeginAsync(WorkspaceId workspace, UserId owner) => (await studio.Services.GetRequiredService<IConversationStore>()
        .CreateAsync(new(workspace, owner, null, "Title", "scripted", "", GenerationSettings.Default, []), Token)).Id;

    private static MultipartFormDataContent File(string name, string text = "The offer ends on Friday.") =>
        new() { { new StringContent(text, Encoding.UTF8, "text/markdown"), "files", name } };

    private static async Task<string?> CodeAsync(HttpResponseMessage response) =>
        (await response.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("code").GetString();
}
