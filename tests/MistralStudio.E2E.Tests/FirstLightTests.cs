using System.Text.Json;
using Microsoft.Playwright;
using MistralStudio.Tests.Shared;

namespace MistralStudio.E2E.Tests;

/// <summary>The thin line through every room, in a real browser, on the real server with its real starter models.</summary>
public sealed class FirstLightTests(BrowserFixture browser) : IClassFixture<BrowserFixture>
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

    [Fact]
    public async Task ADocument_IsAskedAQuestion_AndTheCitationOpensItsPage()
    {
        var pdf = SharedData.Require("data", "pdfs", "AMCOR_2022_8K_2022-07-01.pdf");
        await using var studio = await StudioProcess.StartAsync();
        var page = await PageAsync();
        await SetUpAsync(page, studio);
        var (code, key, _) = await studio.RunAsync("keys", "create", "--name", "test");
        Assert.Equal(0, code);

        var headers = new Dictionary<string, string> { ["Authorization"] = $"Bearer {key.Trim()}" };
        var made = await page.APIRequest.PostAsync($"{studio.Url}api/knowledge-bases", new() { Headers = headers, DataObject = new { name = "Filings" } });
        Assert.Equal(201, made.Status);
        var id = (await made.JsonAsync())!.Value.GetProperty("id").GetString();
        var form = page.APIRequest.CreateFormData();
        form.Set("files", new FilePayload { Name = Path.GetFileName(pdf), MimeType = "application/pdf", Buffer = await File.ReadAllBytesAsync(pdf, TestContext.Current.CancellationToken) });
        var added = await page.APIRequest.PostAsync($"{studio.Url}api/knowledge-bases/{id}/documents", new() { Headers = headers, Multipart = form });
        Assert.Equal(202, added.Status);
        await WaitUntilIndexedAsync(page, $"{studio.Url}api/knowledge-bases/{id}/documents", headers);

        await page.GotoAsync($"{studio.Url}w/contracts/knowledge/{id}?tab=ask");
        await AskAsync(page, "Which law governs the supplemental indenture?");
        var citation = page.Locator("button.cite").First;
        await citation.ClickAsync();
        await page.Locator(".sources mark").First.WaitForAsync();
        Assert.Contains("p. ", await page.Locator(".sources").InnerTextAsync(), StringComparison.Ordinal);
    }

    private static async Task WaitUntilIndexedAsync(IPage page, string documents, Dictionary<string, string> headers)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        while (true)
        {
            limit.Token.ThrowIfCancellationRequested();
            var listed = await page.APIRequest.GetAsync(documents, new() { Headers = headers });
            var document = (await listed.JsonAsync())!.Value.GetProperty("items")[0];
            if (document.GetProperty("state").GetString() == "indexed")
            {
                return;
            }

            Assert.Equal(JsonValueKind.Null, document.GetProperty("error").ValueKind);
        }
    }

    private static async Task SetUpAsync(IPage page, StudioProcess studio)
    {
        await page.GotoAsync(studio.SetupUrl!.ToString());
        await page.FillAsync("[name=Email]", Email);
        await page.FillAsync("[name=DisplayName]", "Ada Owner");
        await page.FillAsync("[name=Password]", Password);
        await page.FillAsync("[name=Workspace]", "Contracts");
        await page.ClickAsync("button[type=submit]");
        await page.WaitForURLAsync("**/w/contracts");

        // Out, and in again.
        await page.Locator("details.menu summary").First.ClickAsync();
        await page.Locator("form[action='/sign-out'] button").First.ClickAsync();
        await page.WaitForURLAsync("**/sign-in");
        await page.FillAsync("[name=Email]", Email);
        await page.FillAsync("[name=Password]", Password);
        await page.ClickAsync("button[type=submit]");
        await page.WaitForURLAsync("**/w/contracts");
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
