using System.Net;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Models;
using MistralStudio.Core.Prompts;
using MistralStudio.Core.Security;
using MistralStudio.Data.Accounts;

namespace MistralStudio.Web.Tests.Playground;

/// <summary>The page of a shared conversation over HTTP, as its readers get it.</summary>
public sealed class SharedPageTests(OneServer one) : IClassFixture<OneServer>
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Page_ShowsTextToAMember_OnceItIsShared_ButNoQuotationOfFilesThatAreNotTheirs()
    {
        var store = one.Studio.Services.GetRequiredService<IConversationStore>();
        var owner = await one.Studio.OwnerAsync();
        var draft = new ConversationDraft { Content = new PromptContent { Messages = [new(MessageRole.System, "You read filings.")] } };
        var conversation = await store.CreateAsync(new(owner.Workspace, owner.User, null, "Filings", "default", "", GenerationSettings.Default, []) { Draft = draft }, Stop);
        var files = (await one.Studio.Services.GetRequiredService<IConversationFiles>().OpenAsync(owner.Workspace, owner.User, conversation.Id, "minilm", Stop))!.Id;
        var question = new Message { Id = MessageId.New(), Conversation = conversation.Id, Role = MessageRole.User, Text = "Which law governs it?", CreatedAt = DateTimeOffset.UnixEpoch };
        var answer = question with
        {
            Id = MessageId.New(),
            Parent = question.Id,
            Role = MessageRole.Assistant,
            Text = "New York law.",
            Citations = [new Citation(1, PassageId.From(Guid.CreateVersion7()), DocumentId.New(), files, "secret-terms.pdf", 3, 0, 5, "words that are private", true, 0, 13)],
            Timings = new(12, 0, 0, 1, 13, 14, 0),
            Given = [new GivenPassage(PassageId.From(Guid.CreateVersion7()), DocumentId.New(), files, "secret-terms.pdf", null, 3, 1)],
        };
        Assert.True(await store.AppendAsync(owner.Workspace, owner.User, conversation.Id, [question, answer], Stop));
        using var member = await JoinAsync("reader@example.com", Role.Viewer);
        var address = $"/w/workspace/playground/shared/{conversation.Id}";

        Assert.DoesNotContain("New York law.", await member.GetStringAsync(address, Stop), StringComparison.Ordinal);
        await store.UpdateAsync(owner.Workspace, owner.User, conversation.Id, new ConversationChange { IsShared = true }, Stop);

        var page = WebUtility.HtmlDecode(await member.GetStringAsync(address, Stop));
        Assert.All(["Which law governs it?", "New York law.", "You read filings.", "2 passages are left out", "of knowledge that you may not see"], text => Assert.Contains(text, page, StringComparison.Ordinal));
        Assert.DoesNotContain("secret-terms.pdf", page, StringComparison.Ordinal);
        Assert.DoesNotContain("No sentence of this answer", page, StringComparison.Ordinal);
        Assert.DoesNotContain("words that are private", page, StringComparison.Ordinal);
        // A viewer may use no model, so there is nothing to go on with.
        Assert.DoesNotContain("data-continue", page, StringComparison.Ordinal);

        // Of a long one the end is drawn, and what leads to the rest stands above it.
        var last = answer;
        for (var i = 0; i < 50; i++)
        {
            var next = question with { Id = MessageId.New(), Parent = last.Id, Text = $"And then {i}?" };
            last = answer with { Id = MessageId.New(), Parent = next.Id };
            Assert.True(await store.AppendAsync(owner.Workspace, owner.User, conversation.Id, [next, last], Stop));
        }

        page = await member.GetStringAsync(address, Stop);
        Assert.InRange(page.IndexOf("class=\"earlier\"", StringComparison.Ordinal), 0, page.IndexOf("class=\"trn\"", StringComparison.Ordinal));

        using var stranger = one.Studio.NewBrowser();
        Assert.Equal(HttpStatusCode.Redirect, (await stranger.GetAsync(address, Stop)).StatusCode);
        // The conversation itself stays its owner's, also for who may use the playground.
        using var colleague = await JoinAsync("colleague@example.com", Role.Member);
        Assert.DoesNotContain("New York law.", await colleague.GetStringAsync($"/w/workspace/playground/{conversation.Id}", Stop), StringComparison.Ordinal);
        Assert.Contains("data-continue", await colleague.GetStringAsync(address, Stop), StringComparison.Ordinal);
    }

    private async Task<HttpClient> JoinAsync(string email, Role role)
    {
        var services = one.Studio.Services;
        var owner = await one.Studio.OwnerAsync();
        var (_, token) = await services.GetRequiredService<InviteStore>().CreateAsync(owner.Workspace, role, owner.User, Stop);
        var user = StudioUser.Create(email, "Reader", DateTimeOffset.UnixEpoch);
        user.PasswordHash = new PasswordHasher<StudioUser>().HashPassword(user, StudioServer.Password);
        Assert.True((await services.GetRequiredService<InviteStore>().AcceptAsync(token, user, user.UserId, Stop)).IsSuccess);
        return await one.Studio.SignInAsync(email);
    }
}
