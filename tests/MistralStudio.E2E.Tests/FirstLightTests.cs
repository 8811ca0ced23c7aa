using Microsoft.Playwright;
using MistralStudio.Tests.Shared;

namespace MistralStudio.E2E.Tests;

/// <summary>The thin line through every room, in a real browser, on the real server with its real starter models.</summary>
public sealed class FirstLightTests(BrowserFixture browser) : BrowserTests, IClassFixture<BrowserFixture>
{
    private const string Email = "owner@example.com";
    private const string Password = "correct horse battery";

    [Fact]
    public async Task AnOwner_IsCreated_AsksAModel_AndFindsTheConversationAfterAKill()
    {
        await using var studio = await StudioProcess.StartAsync();
        var page = await PageAsync();
        await SetUpAsync(page, studio);

        await page.GotoAsync($"{studio.Url}w/contracts/playground");
        await AskAsync(page, "What is the capital of France?");
        var conversation = page.Url;
        Assert.Matches("/w/contracts/playground/.+", conversation);

        await studio.KillAsync();
        await using var again = await StudioProcess.StartAsync(studio.DataPath, studio.Url);
        Assert.Null(again.SetupUrl);
        await page.GotoAsync(conversation);
        await page.GetByText("What is the capital of France?").First.WaitForAsync();
        await page.Locator(".numbers").First.WaitForAsync();

        await page.GotoAsync($"{studio.Url}setup?code=anything");
        await page.GetByRole(AriaRole.Heading, new() { Name = "This studio has an owner" }).WaitForAsync();
    }

    private static async Task SetUpAsync(IPage page, StudioProcess studio)
    {
        await page.GotoAsync(studio.SetupUrl!.ToString());
        await page.FillAsync("[name=Email]", Email);
        await page.FillAsync("[name=DisplayName]", "Ada Owner");
        await page.FillAsync("[name=Password]", Password);
        await page.FillAsync("[name=Workspace]", "Contracts");
        await page.ClickAsync("button[type=submit]");
        await page.ArriveAsync("/w/contracts");

        // Out, and in again.
        await page.Locator("[data-live]").WaitForAsync();
        var menu = page.Locator("details.menu").First;
        do
        {
            // A click that comes while the page puts new elements in the place of the first ones meets neither.
            await menu.Locator("summary").ClickAsync();
        }
        while (await menu.GetAttributeAsync("open") is null);

        await page.Locator("form[action='/sign-out'] button").First.ClickAsync();
        await page.ArriveAsync("/sign-in");
        await page.FillAsync("[name=Email]", Email);
        await page.FillAsync("[name=Password]", Password);
        await page.ClickAsync("button[type=submit]");
        await page.ArriveAsync("/w/contracts");
    }

    private static async Task AskAsync(IPage page, string question)
    {
        await page.Locator("[data-ready]").First.WaitForAsync();
        await page.FillAsync(".cbox textarea", question);
        await page.ClickAsync("[data-send]");
        await page.Locator(".numbers").First.WaitForAsync();
    }

    private async Task<IPage> PageAsync()
    {
        var context = await browser.Browser.NewContextAsync(new() { ViewportSize = new() { Width = 1440, Height = 900 } });
        context.SetDefaultTimeout(90_000);
        return await context.NewPageAsync();
    }
}
