using System.Globalization;
using System.Net.Http.Headers;
using Microsoft.Playwright;

namespace MistralStudio.E2E.Tests;

/// <summary>Who may come in, by invite or by key, and how that ends.</summary>
[Collection(TeamStudioCollection.Name)]
public sealed class SettingsTests(TeamStudio studio) : BrowserTests
{
    [Fact]
    public async Task AnInvite_WorksOnce_ForSevenDays_UntilItIsTakenBack()
    {
        var link = await studio.InviteAsync("Viewer");
        var page = await studio.OpenAsync("settings/members");
        var invite = page.Locator("tr", new() { HasText = "Invite link" });
        var until = TimeProvider.System.GetLocalNow().AddDays(7).ToString("d", CultureInfo.GetCultureInfo("en-US"));
        Assert.Contains(until, await invite.Last.InnerTextAsync(), StringComparison.Ordinal);

        var joined = await studio.JoinAsync(link, "Vera");
        await page.ReloadAsync();
        await page.Locator("tr", new() { HasText = "vera@example.com" }).WaitForAsync();
        await joined.Context.CloseAsync();
        var second = await studio.NobodyAsync();
        await second.GotoAsync(link);
        Assert.Equal(0, await second.Locator("[name=Email]").CountAsync());

        var revoked = await studio.InviteAsync("Member");
        await studio.GoAsync(page, "settings/members");
        await invite.Last.GetByRole(AriaRole.Button, new() { Name = "Take back" }).ClickAsync();
        await invite.Last.WaitForAsync(new() { State = WaitForSelectorState.Detached });
        await second.GotoAsync(revoked);
        Assert.Equal(0, await second.Locator("[name=Email]").CountAsync());
        await second.Context.CloseAsync();
    }

    [Fact(Timeout = 120_000)]
    public async Task AMember_GetsAnotherRole_AndIsShutOutWhenRemoved()
    {
        var member = await studio.JoinAsync(await studio.InviteAsync("Viewer"), "Rolf");
        await studio.GoAsync(member, "knowledge");
        Assert.Equal(0, await member.GetByRole(AriaRole.Button, new() { Name = "New knowledge base" }).CountAsync());

        var page = await studio.OpenAsync("settings/members");
        await page.GetByLabel("Role of Rolf").SelectOptionAsync("Builder");
        do
        {
            // The page says nothing of a change that went well, so it is seen where it counts.
            await studio.GoAsync(member, "knowledge");
        }
        while (await member.GetByRole(AriaRole.Button, new() { Name = "New knowledge base" }).CountAsync() == 0 && !TestContext.Current.CancellationToken.IsCancellationRequested);

        await page.ReloadAsync();
        await page.Locator("[data-live]").WaitForAsync();
        await Assertions.Expect(page.GetByLabel("Role of Rolf")).ToHaveValueAsync("Builder");

        await page.Locator("tr", new() { HasText = "rolf@example.com" }).GetByRole(AriaRole.Button, new() { Name = "Remove" }).ClickAsync();
        await page.Locator("dialog[open]").GetByRole(AriaRole.Button, new() { Name = "Remove" }).ClickAsync();
        await page.Locator("tr", new() { HasText = "rolf@example.com" }).WaitForAsync(new() { State = WaitForSelectorState.Detached });
        await member.GotoAsync(studio.Url("knowledge"));
        Assert.Equal(0, await member.Locator(".rail").CountAsync());
    }

    [Fact]
    public async Task AKey_IsShownOnce_DoesWhatItsScopesSay_AndEndsWhenRevoked()
    {
        var page = await studio.OpenAsync("settings/keys");
        await page.GetByRole(AriaRole.Button, new() { Name = "Create key" }).First.ClickAsync();
        var dialog = page.Locator("dialog[open]");
        await dialog.GetByLabel("Name").FillAsync("Nightly report");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Create key" }).ClickAsync();
        await dialog.GetByText("A key without a scope may do nothing.").WaitForAsync();
        await dialog.GetByLabel("List models").CheckAsync();
        await dialog.Locator("select").SelectOptionAsync("30");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Create key" }).ClickAsync();
        var token = await page.GetByTestId("new-key").InnerTextAsync();

        using var client = new HttpClient(new SocketsHttpHandler()) { BaseAddress = studio.Studio.Url };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        Assert.Equal(200, await StatusAsync(client, "v1/models"));
        Assert.Equal(403, await StatusAsync(client, "api/knowledge-bases"));

        await page.ReloadAsync();
        await page.Locator("[data-live]").WaitForAsync();
        var row = page.Locator("tr", new() { HasText = "Nightly report" });
        await row.WaitForAsync();
        Assert.DoesNotContain(token, await page.ContentAsync(), StringComparison.Ordinal);
        var until = TimeProvider.System.GetLocalNow().AddDays(30).ToString("d", CultureInfo.CurrentCulture);
        Assert.Contains(until, await row.InnerTextAsync(), StringComparison.Ordinal);

        await row.GetByRole(AriaRole.Button, new() { Name = "Revoke" }).ClickAsync();
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Revoke" }).ClickAsync();
        await row.GetByText("revoked", new() { Exact = true }).WaitForAsync();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        while (await StatusAsync(client, "v1/models") != 401)
        {
            limit.Token.ThrowIfCancellationRequested();
        }

    }

    private static async Task<int> StatusAsync(HttpClient client, string path)
    {
        using var response = await client.GetAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);
        return (int)response.StatusCode;
    }
}
