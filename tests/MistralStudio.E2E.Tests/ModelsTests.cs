using Microsoft.Playwright;

namespace MistralStudio.E2E.Tests;

/// <summary>The page of models says what is here, what it takes, and how a bigger one gets in.</summary>
[Collection(TeamStudioCollection.Name)]
public sealed class ModelsTests(TeamStudio studio)
{
    [Fact]
    public async Task TheStarterModels_AreInstalled_LoadAndUnload_AndSayWhatTheyAreFor()
    {
        var page = await studio.OpenAsync("models");
        var chat = page.Locator("tr", new() { HasText = "SmolLM2 135M Instruct" });
        Assert.Contains("for trying out", await chat.InnerTextAsync(), StringComparison.Ordinal);
        Assert.Contains("Apache-2.0", await chat.InnerTextAsync(), StringComparison.Ordinal);
        Assert.Matches("[248],\\d{3} tokens", await chat.InnerTextAsync());
        await page.Locator("tr", new() { HasText = "all-MiniLM-L6-v2" }).WaitForAsync();
        await page.GetByText("SmolLM2 135M Instruct is for trying the studio out").WaitForAsync();
        Assert.Equal(Path.Combine(studio.Studio.DataPath, "models"), await page.Locator(".bigger .secret").InnerTextAsync());

        if (await chat.GetByRole(AriaRole.Button, new() { Name = "Unload" }).CountAsync() > 0)
        {
            await chat.GetByRole(AriaRole.Button, new() { Name = "Unload" }).ClickAsync();
        }

        await chat.GetByText("On disk", new() { Exact = true }).WaitForAsync();
        await chat.GetByRole(AriaRole.Button, new() { Name = "Load", Exact = true }).ClickAsync();
        await chat.GetByText("Ready").WaitForAsync();
        Assert.DoesNotContain("on disk", await chat.InnerTextAsync(), StringComparison.Ordinal);
        await page.Context.CloseAsync();
    }
}
