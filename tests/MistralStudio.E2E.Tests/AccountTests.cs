using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace MistralStudio.E2E.Tests;

[Collection(StudioCollection.Name)]
public sealed class AccountTests(SharedStudio studio) : BrowserTests
{
    [Fact]
    public async Task SetUp_IsOver_WhenASecondPersonOpensTheAddressOfTheConsole()
    {
        var page = await studio.NewPageAsync(signedIn: false);
        await page.GotoAsync(studio.Server.SetupUrl!.ToString());

        await page.GetByRole(AriaRole.Heading, new() { Name = "This studio has an owner" }).WaitForAsync();
        Assert.Equal(0, await page.Locator("[name=Password]").CountAsync());
        await page.ClickAsync(".box a.btn");
        await page.ArriveAsync("/sign-in");
    }

    [Fact]
    public async Task SignIn_SaysOneSentence_WhenThePasswordIsWrong_AndKeepsTheAddress()
    {
        var page = await studio.NewPageAsync(signedIn: false);
        await page.GotoAsync($"{studio.Server.Url}sign-in");
        await SignInAsync(page, SharedStudio.Email, "not the password");

        Assert.Contains("This address and password do not open an account here.", await page.Locator(".box [role=alert]").InnerTextAsync(), StringComparison.Ordinal);
        Assert.Equal(SharedStudio.Email, await page.InputValueAsync("[name=Email]"));

        await page.FillAsync("[name=Password]", SharedStudio.Password);
        await page.ClickAsync("[data-reveal]");
        Assert.Equal("text", await page.GetAttributeAsync("[name=Password]", "type"));
        await page.ClickAsync("button[type=submit]");
        await page.ArriveAsync("/w/contracts");
    }

    [Fact]
    public async Task ASecondPerson_JoinsByAnInvite_AndASessionThatEndsLeadsBackToWhereItWas()
    {
        var owner = await studio.NewPageAsync();
        await owner.GotoAsync(studio.Url("settings/members"));
        await owner.Locator("[data-live]").WaitForAsync();
        await owner.GetByRole(AriaRole.Button, new() { NameRegex = new Regex("Invite") }).First.ClickAsync();
        await owner.Locator("dialog select").SelectOptionAsync("Builder");
        await owner.Locator("dialog .btn.primary").ClickAsync();
        var invite = await owner.Locator("text=/https?:.*\\/invite\\/\\S+/").First.InnerTextAsync();
        var link = Regex.Match(invite, @"https?://\S+/invite/[\w-]+").Value;

        var second = await studio.NewPageAsync(signedIn: false);
        await second.GotoAsync(link);
        Assert.Contains("invited as Builder", await second.Locator(".box").InnerTextAsync(), StringComparison.Ordinal);
        await second.FillAsync("[name=Email]", "second@example.com");
        await second.FillAsync("[name=DisplayName]", "Ben Builder");
        await second.FillAsync("[name=Password]", SharedStudio.Password);
        await second.ClickAsync("button[type=submit]");
        await second.ArriveAsync("/w/contracts");
        await second.ClickAsync("details.menu summary");
        await second.Locator(".pop .who", new() { HasText = "Builder" }).WaitForAsync();

        // The link is used up.
        var third = await studio.NewPageAsync(signedIn: false);
        await third.GotoAsync(link);
        await third.GetByRole(AriaRole.Heading, new() { Name = "This invite cannot be used" }).WaitForAsync();

        // Signed out everywhere in another tab: this one says so by itself, and leads back.
        await second.GotoAsync(studio.Url("playground"));
        await second.Locator("[data-ready]").WaitForAsync();
        var other = await second.Context.NewPageAsync();
        await other.GotoAsync(studio.Url("settings"));
        await other.ClickAsync("form[action='/sign-out/everywhere'] button");
        await other.ArriveAsync("/sign-in");
        await second.GetByText("You were signed out").WaitForAsync(new() { Timeout = 6_000 });
        await second.GetByRole(AriaRole.Link, new() { Name = "Sign in" }).ClickAsync();
        await second.ArriveAsync(@"/sign-in\?ReturnUrl=.*");
        Assert.Contains("You were signed out. Sign in to go on where you were.", await second.Locator(".box").InnerTextAsync(), StringComparison.Ordinal);
        await SignInAsync(second, "second@example.com", SharedStudio.Password);
        await second.ArriveAsync("/w/contracts/playground");

        // A cookie that is gone altogether ends at the next request the same way.
        await second.Context.ClearCookiesAsync();
        await second.ReloadAsync();
        await second.ArriveAsync(@"/sign-in\?ReturnUrl=.*");
    }

    private static async Task SignInAsync(IPage page, string email, string password)
    {
        await page.FillAsync("[name=Email]", email);
        await page.FillAsync("[name=Password]", password);
        await page.ClickAsync("button[type=submit]");
    }
}
