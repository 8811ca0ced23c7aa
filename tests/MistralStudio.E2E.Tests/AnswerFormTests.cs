namespace MistralStudio.E2E.Tests;

/// <summary>The form of an answer with the real starter model, from the schema to what it was unsure of; what it says is never asserted, only how.</summary>
[Collection(StudioCollection.Name)]
public sealed class AnswerFormTests(SharedStudio studio) : BrowserTests
{
    [Fact]
    public async Task ASchema_IsWrittenWithItsErrorAtTheLine_HoldsTheAnswer_AndTheAnswersTokensAreLookedAtByKeys()
    {
        var page = await studio.NewPlaygroundAsync();
        await page.ClickAsync("[data-add-schema]");
        await page.Locator(".said-ok").WaitForAsync();
        await page.FillAsync("[name=schema]", "{\n  \"type\": \"object\",\n  \"properties\": { \"wet\": { \"type\": \"bool\" } }\n}");
        await page.Locator(".said-bad", new() { HasText = "/properties/wet/type" }).WaitForAsync();
        Assert.Equal("3", await page.Locator(".lines .wrong").InnerTextAsync());
        await page.FillAsync("[name=schema]", """{"type":"object","properties":{"wet":{"type":"boolean"}},"required":["wet"],"additionalProperties":false}""");
        await page.Locator(".said-ok").WaitForAsync();
        await page.ClickAsync("[data-order]");
        await page.Locator(".lines span").Nth(8).WaitForAsync();
        await page.FillAsync("[name=schema-name]", "Verdict");
        await page.ClickAsync("[data-save-schema]");
        await page.CheckAsync("[name=confidence]");

        await page.FillAsync(".cbox textarea", "Is the sea wet?");
        await page.ClickAsync("[data-send]");
        await page.Locator(".schema-ok", new() { HasText = "Verdict" }).WaitForAsync();
        Assert.Matches("^\\{\\s+\"wet\": (true|false)\\s+\\}$", await page.Locator(".ans .md code").InnerTextAsync());

        // Kept with its answer, and reached without a mouse.
        await page.ReloadAsync();
        await page.Locator("[data-ready]").WaitForAsync();
        await page.Locator("[data-shade]").FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await page.Locator(".sure[data-keys]").FocusAsync();
        await page.Keyboard.PressAsync("ArrowRight");
        await page.Locator(".alts li").Nth(4).WaitForAsync();
        await page.Keyboard.PressAsync("Escape");
        await page.Locator(".alts").WaitForAsync(new() { State = Microsoft.Playwright.WaitForSelectorState.Hidden });
        Assert.Equal("Verdict {", (await page.Locator(".insp .outline > div").First.InnerTextAsync()).Trim());
    }
}
