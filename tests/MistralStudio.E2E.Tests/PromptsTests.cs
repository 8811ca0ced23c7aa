using System.Net.Http.Json;
using Microsoft.Playwright;

namespace MistralStudio.E2E.Tests;

/// <summary>A prompt from the first word to the program that calls it.</summary>
[Collection(TeamStudioCollection.Name)]
public sealed class PromptsTests(TeamStudio studio) : BrowserTests
{
    [Fact]
    public async Task APrompt_IsKeptFromThePlayground_Labelled_Compared_Called_AndNotDeletedWhileItIs()
    {
        var page = await studio.OpenAsync("playground");
        await page.Locator("[data-ready]").WaitForAsync();
        await page.FillAsync(".ed textarea", "You answer customers. Be {{tone}}.");
        await page.ClickAsync("[data-save-version]");
        var dialog = page.Locator("dialog[open]");
        await dialog.GetByLabel("Name", new() { Exact = true }).FillAsync("Refund reply");
        await dialog.Locator("select").Last.SelectOptionAsync("production");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Save", Exact = true }).ClickAsync();
        await page.Locator(".pg > .toolbar .chip.flat", new() { HasText = "refund-reply@1" }).WaitForAsync();

        await page.FillAsync(".ed textarea", "You answer customers. Be {{tone}}, and brief.");
        await page.Locator(".pg > .toolbar .chip.warn").WaitForAsync();
        await page.ClickAsync("[data-save-version]");
        await dialog.GetByLabel("Message", new() { Exact = true }).FillAsync("Brief");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Save", Exact = true }).ClickAsync();
        await page.Locator(".pg > .toolbar .chip.flat", new() { HasText = "refund-reply@2" }).WaitForAsync();

        await studio.GoAsync(page, "prompts/refund-reply?tab=versions");
        await page.GetByRole(AriaRole.Button, new() { Name = "Actions of version 2" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Put a label on it" }).First.ClickAsync();
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Move", Exact = true }).ClickAsync();
        await page.Locator("tr", new() { HasText = "Brief" }).Locator(".lab.prod").WaitForAsync();

        await page.Locator("tr", new() { HasText = "Brief" }).GetByRole(AriaRole.Link, new() { Name = "Compare" }).ClickAsync();
        await page.Locator(".diff-view .ln.come", new() { HasText = "Be {{tone}}, and brief." }).WaitForAsync();

        using var program = await studio.Studio.NewProgramAsync();
        using var answer = await program.PostAsJsonAsync("/v1/chat/completions", new
        {
            model = "prompt:refund-reply@production",
            prompt_variables = new { tone = "kind" },
            messages = new[] { new { role = "user", content = "Where is my money?" } },
            max_tokens = 2,
        }, TestContext.Current.CancellationToken);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));

        await studio.GoAsync(page, "prompts/refund-reply");
        await page.Locator("aside .uses li", new() { HasText = "production" }).WaitForAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Actions", Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Delete", Exact = true }).First.ClickAsync();
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Delete", Exact = true }).ClickAsync();
        Assert.Contains("test", await dialog.Locator("[role=alert]").InnerTextAsync(), StringComparison.Ordinal);
    }
}
