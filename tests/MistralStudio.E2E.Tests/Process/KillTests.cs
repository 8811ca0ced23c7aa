using MistralStudio.Tests.Shared;

namespace MistralStudio.E2E.Tests.Process;

/// <summary>kill -9 while a model answers, then a start: what was committed is there.</summary>
public sealed class KillTests(BrowserFixture browser) : BrowserTests, IClassFixture<BrowserFixture>
{
    [Theory]
    [InlineData(0)]
    [InlineData(150)]
    public Task AConversation_IsThere_UpToItsLastCommittedMessage(int characters) => KillDuringAnswerAsync(characters);

    [Theory(Explicit = true)]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(20)]
    [InlineData(60)]
    [InlineData(100)]
    [InlineData(200)]
    [InlineData(300)]
    public Task AConversation_IsThere_FromAnyInstant(int characters) => KillDuringAnswerAsync(characters);

    private async Task KillDuringAnswerAsync(int characters)
    {
        await using var studio = await StudioProcess.StartAsync(null, null, StudioProcess.Owner);
        var context = await browser.Browser.NewContextAsync();
        await using var closing = context;
        context.SetDefaultTimeout(90_000);
        var page = await context.NewPageAsync();
        await page.GotoAsync($"{studio.Url}sign-in");
        await page.FillAsync("[name=Email]", StudioProcess.Owner[0].Value);
        await page.FillAsync("[name=Password]", StudioProcess.Owner[1].Value);
        await page.ClickAsync("button[type=submit]");
        await page.ArriveAsync("/w/[^/]+");
        var workspace = page.Url.TrimEnd('/');
        await page.GotoAsync($"{workspace}/playground");
        await page.Locator("[data-ready]").First.WaitForAsync();
        await page.FillAsync(".cbox textarea", "Tell me a long story about a lighthouse.");
        await page.ClickAsync("[data-send]");
        // The address of the conversation is there once its question is committed.
        await page.ArriveAsync("/playground/[^/]+");
        if (characters > 0)
        {
            await page.WaitForFunctionAsync("n => (document.querySelector('[data-answer]')?.innerText.length ?? 0) >= n", characters);
        }

        var conversation = page.Url;
        await studio.KillAsync();
        await using var again = await StudioProcess.StartAsync(studio.DataPath, studio.Url);
        await page.GotoAsync(conversation);
        await page.GetByText("Tell me a long story about a lighthouse.").First.WaitForAsync();
        Assert.Equal(["User"], StoredRows.Column(studio.DataPath, "studio.db", "SELECT Role FROM Messages"));
    }
}
