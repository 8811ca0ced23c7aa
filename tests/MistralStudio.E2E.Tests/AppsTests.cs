using Microsoft.Data.Sqlite;
using Microsoft.Playwright;

namespace MistralStudio.E2E.Tests;

/// <summary>An app is built, tried, published, and read by members and by strangers with a link.</summary>
[Collection(TeamStudioCollection.Name)]
public sealed class AppsTests(TeamStudio studio) : BrowserTests
{
    [Fact]
    public async Task AnApp_IsTriedAsADraft_Published_AndAnsweredToAMemberInAnotherBrowser()
    {
        var page = await studio.OwnerAsync();
        await MakeAppAsync(page, "Filing questions");
        await page.Locator(".picks").GetByText("Filings", new() { Exact = true }).ClickAsync();
        await page.GetByLabel("Instructions").FillAsync("You answer questions about our filings.");
        await page.GetByLabel("Welcome").FillAsync("Ask about the filings.");
        await page.Locator(".preview .welcome").GetByText("Ask about the filings.").WaitForAsync();

        // The draft answers before it is saved, let alone published.
        await TeamStudio.AskUntilCitedAsync(page, ".preview");
        await TeamStudio.OpenCitationAsync(page);
        var slug = "filing-questions";
        var early = await page.Context.NewPageAsync();
        await early.GotoAsync($"{studio.Studio.Url}a/{slug}");
        await early.GetByText("There is nothing at this address").WaitForAsync();
        await early.CloseAsync();

        await PublishAsync(page, 1);
        Assert.EndsWith($"/a/{slug}", await page.GetByLabel("Members of this workspace").InputValueAsync(), StringComparison.Ordinal);

        var member = await studio.JoinAsync(await studio.InviteAsync("Member"), "Reader");
        await studio.GoAsync(member, "apps");
        Assert.Equal($"/a/{slug}", await member.GetByRole(AriaRole.Link, new() { Name = "Filing questions", Exact = true }).GetAttributeAsync("href"));
        await member.GotoAsync($"{studio.Studio.Url}a/{slug}");
        await member.GetByText("You are talking to an AI system.").WaitForAsync();
        await TeamStudio.AskUntilCitedAsync(member);
        await TeamStudio.OpenCitationAsync(member);

        // Kept for the member, who finds it again.
        await member.ReloadAsync();
        await member.Locator("[data-ready]").WaitForAsync();
        await member.GetByText("Yours").ClickAsync();
        await member.Locator(".pop").GetByText(TeamStudio.FirstQuestion).ClickAsync();
        await member.Locator(".me").GetByText(TeamStudio.FirstQuestion).WaitForAsync();
        await member.Context.CloseAsync();
    }

    [Fact]
    public async Task ALink_IsReadByNobody_OnADeskAndOnAPhone_WithPassagesButNeverTheDocument()
    {
        var id = await studio.FilingsAsync();
        var (_, link) = await MakeLinkedAppAsync("Open to all");
        foreach (var phone in new[] { false, true })
        {
            var page = await studio.NobodyAsync(phone);
            await page.GotoAsync(link);
            await TeamStudio.AskUntilCitedAsync(page);
            Assert.Contains("AMCOR_2022_8K_2022-07-01.pdf", await TeamStudio.OpenCitationAsync(page), StringComparison.Ordinal);
            Assert.Equal(0, await page.Locator("a[href*='/api/'], a[href*='/w/'], a[download]").CountAsync());
            Assert.Equal(401, (await page.APIRequest.GetAsync($"{studio.Studio.Url}api/knowledge-bases/{id}/documents")).Status);
            Assert.True(await page.EvaluateAsync<bool>("() => document.documentElement.scrollWidth <= innerWidth"), "The page scrolls sideways.");
            if (phone)
            {
                var sheet = (await page.Locator(".sources").BoundingBoxAsync())!;
                Assert.Equal(390, sheet.Width);
                Assert.InRange(sheet.Y + sheet.Height, 843, 845);
                await page.Locator(".sources").GetByRole(AriaRole.Button, new() { Name = "Close" }).ClickAsync();
                Assert.True((await page.Locator("[data-send]").BoundingBoxAsync())!.Height >= 40);
            }

            // Nothing is kept for somebody without an account.
            await page.ReloadAsync();
            await page.Locator("[data-ready]").WaitForAsync();
            Assert.Equal(0, await page.Locator(".me").CountAsync());
            await page.Context.CloseAsync();
        }
    }

    [Fact]
    public async Task ALinkThatEnded_SaysSoInOneSentence()
    {
        var (builder, first) = await MakeLinkedAppAsync("Links that end", withKnowledge: false);

        // Rotated: the old one ends on an open page and for whoever opens it, the new one works.
        var reader = await studio.NobodyAsync();
        await reader.GotoAsync(first);
        await reader.Locator("[data-ready]").WaitForAsync();
        await builder.GetByRole(AriaRole.Button, new() { Name = "Rotate" }).ClickAsync();
        await Assertions.Expect(builder.GetByTestId("share-link")).Not.ToHaveValueAsync(first);
        var second = await builder.GetByTestId("share-link").InputValueAsync();
        await SeesEndedAsync(reader);
        await SeesEndedAsync(reader, first);

        // Over its hour: the answer is refused, the question stays.
        await reader.GotoAsync(second);
        await reader.Locator("[data-ready]").WaitForAsync();
        ChangeLinks("AnswersPerHour = 0");
        await reader.FillAsync("textarea", "One more?");
        await reader.ClickAsync("[data-send]");
        await reader.GetByText("This link has given all the answers it may give for now.").WaitForAsync();
        await reader.GetByText("Try again within the hour").WaitForAsync();
        Assert.Equal("One more?", await reader.InputValueAsync("textarea"));

        // Expired.
        ChangeLinks("AnswersPerHour = 60, ExpiresAt = CreatedAt");
        await SeesEndedAsync(reader, second);

        // Revoked.
        await builder.ReloadAsync();
        await builder.Locator("[data-ready]").WaitForAsync();
        await builder.GetByRole(AriaRole.Button, new() { Name = "Make a link" }).ClickAsync();
        var third = await builder.GetByTestId("share-link").InputValueAsync();
        await reader.GotoAsync(third);
        await reader.Locator("[data-ready]").WaitForAsync();
        await builder.GetByRole(AriaRole.Button, new() { Name = "Revoke" }).ClickAsync();
        await builder.GetByText("nobody outside the workspace can open it").WaitForAsync();
        await SeesEndedAsync(reader, third);
    }

    [Fact]
    public async Task AChangedDraft_ReachesReadersOnlyWhenItIsPublished()
    {
        var (builder, link) = await MakeLinkedAppAsync("Drafts stay in", withKnowledge: false);
        var reader = await studio.NobodyAsync();
        await builder.GetByLabel("Welcome").FillAsync("The second welcome.");
        await builder.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await builder.GetByRole(AriaRole.Button, new() { Name = "Saved" }).WaitForAsync();
        await builder.GetByText("changed: welcome").WaitForAsync();
        await reader.GotoAsync(link);
        await reader.GetByText("The first welcome.").WaitForAsync();

        await PublishAsync(builder, 2);
        await reader.ReloadAsync();
        await reader.GetByText("The second welcome.").WaitForAsync();
    }

    private static async Task SeesEndedAsync(IPage reader, string link)
    {
        await reader.GotoAsync(link);
        await SeesEndedAsync(reader);
    }

    private static async Task SeesEndedAsync(IPage reader)
    {
        await reader.GetByRole(AriaRole.Heading, new() { Name = "This link does not work" }).WaitForAsync();
        await reader.GetByText("It was revoked, replaced by another or has expired").WaitForAsync();
    }

    private static async Task PublishAsync(IPage builder, int number)
    {
        await builder.GetByRole(AriaRole.Button, new() { Name = $"Publish version {number}" }).ClickAsync();
        await builder.GetByText($"version {number} is live").WaitForAsync();
    }

    // The limits of a link have no page yet, and nobody waits an hour in a test.
    private void ChangeLinks(string set)
    {
        using var database = new SqliteConnection($"Data Source={Path.Combine(studio.Studio.DataPath, "studio.db")};Pooling=false");
        database.Open();
        using var command = database.CreateCommand();
        command.CommandText = $"UPDATE ShareLinks SET {set}";
        Assert.NotEqual(0, command.ExecuteNonQuery());
    }

    private async Task MakeAppAsync(IPage page, string name)
    {
        await studio.FilingsAsync();
        await studio.GoAsync(page, "apps");
        await page.GetByRole(AriaRole.Button, new() { Name = "New app" }).ClickAsync();
        await page.FillAsync("dialog[open] input", name);
        await page.GetByRole(AriaRole.Button, new() { Name = "Create", Exact = true }).ClickAsync();
        await page.Locator(".builder [data-ready]").WaitForAsync();
    }

    private async Task<(IPage Builder, string Link)> MakeLinkedAppAsync(string name, bool withKnowledge = true)
    {
        var page = await studio.OwnerAsync();
        await MakeAppAsync(page, name);
        if (withKnowledge)
        {
            await page.Locator(".picks").GetByText("Filings", new() { Exact = true }).ClickAsync();
            await page.GetByLabel("Instructions").FillAsync("You answer questions about our filings.");
        }

        await page.GetByLabel("Welcome").FillAsync("The first welcome.");
        await PublishAsync(page, 1);
        await page.GetByRole(AriaRole.Button, new() { Name = "Make a link" }).ClickAsync();
        return (page, await page.GetByTestId("share-link").InputValueAsync());
    }
}
