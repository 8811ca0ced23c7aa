using System.Net.Http.Json;
using Microsoft.Playwright;
using MistralStudio.Tests.Shared;

namespace MistralStudio.E2E.Tests;

/// <summary>The page of models says what is here, what it takes, and how a bigger one gets in.</summary>
[Collection(TeamStudioCollection.Name)]
public sealed class ModelsTests(TeamStudio studio) : BrowserTests
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
        await page.Locator(".bigger").GetByRole(AriaRole.Button, new() { Name = "Add a model" }).WaitForAsync();

        if (await chat.GetByRole(AriaRole.Button, new() { Name = "Unload" }).CountAsync() > 0)
        {
            await chat.GetByRole(AriaRole.Button, new() { Name = "Unload" }).ClickAsync();
        }

        await chat.GetByText("On disk", new() { Exact = true }).WaitForAsync();
        await chat.GetByRole(AriaRole.Button, new() { Name = "Load", Exact = true }).ClickAsync();
        await chat.GetByText("Ready").WaitForAsync();
        Assert.DoesNotContain("on disk", await chat.InnerTextAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AModelFromAPath_Arrives_Loads_Answers_IsMeasured_AndGoes()
    {
        var file = Path.Combine(studio.Studio.DataPath, "tiny.gguf");
        await File.WriteAllBytesAsync(file, TinyModel.ToArray(), TestContext.Current.CancellationToken);
        var page = await studio.OpenAsync("models");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add a model" }).First.ClickAsync();
        await page.GetByRole(AriaRole.Tab, new() { Name = "Catalogue" }).WaitForAsync();
        await page.GetByText("Ministral 3 3B Instruct").WaitForAsync();
        await page.GetByRole(AriaRole.Tab, new() { Name = "This machine" }).ClickAsync();
        await page.GetByLabel("Path on the machine").FillAsync("/nowhere/x.gguf");
        await page.Locator("dialog[open] .btn.primary").ClickAsync();
        await page.GetByText("There is no model at /nowhere/x.gguf").WaitForAsync();
        await page.GetByLabel("Path on the machine").FillAsync(file);
        await page.Locator("dialog[open] .btn.primary").ClickAsync();

        var row = page.Locator("tr", new() { HasText = "Tiny Llama" });
        await row.GetByText("On disk", new() { Exact = true }).WaitForAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "jobs running" }).ClickAsync();
        await page.Locator(".drawer").GetByText("Importing tiny.gguf").WaitForAsync();
        await page.Locator(".drawer").GetByRole(AriaRole.Button, new() { Name = "Close" }).ClickAsync();
        await row.GetByRole(AriaRole.Button, new() { Name = "Load", Exact = true }).ClickAsync();
        await row.GetByText("Ready").WaitForAsync();

        using var program = await studio.Studio.NewProgramAsync();
        using var answer = await program.PostAsJsonAsync(
            "/v1/chat/completions", new { model = "tiny", max_tokens = 2, messages = new[] { new { role = "user", content = "Hi" } } }, TestContext.Current.CancellationToken);
        Assert.True(answer.IsSuccessStatusCode);

        await row.GetByRole(AriaRole.Link, new() { Name = "Tiny Llama" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Measure speed" }).ClickAsync();
        await page.GetByText("Writing, 4 at once").First.WaitForAsync();
        await studio.GoAsync(page, "models");
        await row.GetByRole(AriaRole.Button, new() { Name = "Unload" }).ClickAsync();
        await row.GetByText("On disk", new() { Exact = true }).WaitForAsync();
        await row.Locator("summary").ClickAsync();
        await row.GetByRole(AriaRole.Button, new() { Name = "Remove" }).ClickAsync();
        await page.Locator("dialog[open]").GetByRole(AriaRole.Button, new() { Name = "Remove" }).ClickAsync();
        await row.WaitForAsync(new() { State = WaitForSelectorState.Detached });
        Assert.False(Directory.Exists(Path.Combine(studio.Studio.DataPath, "models", "tiny")));
    }
}
