using Microsoft.Playwright;
using MistralStudio.Tests.Shared.Servers;

namespace MistralStudio.E2E.Tests;

/// <summary>A server of one's own becomes a model of the workspace: refused, allowed, tried, asked, and gone again.</summary>
[Collection(TeamStudioCollection.Name)]
public sealed class ConnectionsTests(TeamStudio studio) : BrowserTests
{
    [Fact]
    public async Task AServerOnThisMachine_IsConnected_AllowedByItsOwner_AskedInThePlayground_AndDeleted()
    {
        await using var server = await OpenAiServer.StartAsync();
        var page = await studio.OpenAsync("models/connections");
        await page.GetByRole(AriaRole.Button, new() { Name = "New connection" }).ClickAsync();
        var form = page.Locator("dialog[open]");
        await form.GetByLabel("Server").SelectOptionAsync("other");
        await form.GetByLabel("Name", new() { Exact = true }).FillAsync("House server");
        await form.GetByLabel("Address").FillAsync(server.Address.ToString());
        await form.GetByLabel("Or type a name").FillAsync("small");
        await form.GetByRole(AriaRole.Button, new() { Name = "Add", Exact = true }).ClickAsync();
        await form.GetByLabel("Dollars a million tokens of an answer of small").FillAsync("10");
        await form.GetByRole(AriaRole.Button, new() { Name = "Save and test" }).ClickAsync();

        await page.GetByText($"{server.Place} was refused: it is this machine itself.").WaitForAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = $"Allow {server.Place}" }).ClickAsync();
        var row = page.Locator("tr", new() { HasText = "House server" });
        await row.GetByText("Works,").WaitForAsync();

        await page.GotoAsync(studio.Url("playground"));
        await page.Locator("[data-ready]").WaitForAsync();
        await page.GetByLabel("Model", new() { Exact = true }).SelectOptionAsync("house-server/small");
        await page.Locator(".heads").GetByText("remote", new() { Exact = true }).WaitForAsync();
        await page.Locator("textarea").Last.FillAsync("Hi");
        await page.Keyboard.PressAsync("Control+Enter");
        await page.GetByText("Hello there").WaitForAsync();
        await page.Locator(".numbers", new() { HasText = "$0.00007" }).WaitForAsync();

        await studio.GoAsync(page, "models/connections");
        await row.GetByLabel("Delete House server?").ClickAsync();
        await page.Locator("dialog[open]").GetByRole(AriaRole.Button, new() { Name = "Delete", Exact = true }).ClickAsync();
        await page.GetByText("No connections yet").WaitForAsync();
        await page.Locator("section", new() { HasText = "Hosts in private networks" }).GetByRole(AriaRole.Button, new() { Name = "Take back" }).ClickAsync();
    }
}
