using Microsoft.Playwright;

namespace MistralStudio.E2E.Tests;

/// <summary>A small flow is built on its canvas and in its outline without a pointer.</summary>
[Collection(TeamStudioCollection.Name)]
public sealed class FlowCanvasTests(TeamStudio studio) : BrowserTests
{
    [Fact]
    public async Task AFlow_IsBuiltWithoutAPointer()
    {
        var page = await OpenAsync("Built by keyboard");
        await page.Keyboard.PressAsync("/");
        await page.Keyboard.TypeAsync("start");
        await page.Keyboard.PressAsync("Enter");
        await Node(page, "start").WaitForAsync();
        await page.Keyboard.PressAsync("/");
        await page.Keyboard.TypeAsync("write text");
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(Node(page, "template")).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("/");
        await page.Keyboard.TypeAsync("answer");
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(Node(page, "answer")).ToBeFocusedAsync();

        // What is added with a step selected follows it: the answer reads the text already. It is taken off and drawn anew by the dialog.
        await page.Keyboard.PressAsync("ControlOrMeta+z");
        await Assertions.Expect(Node(page, "answer")).ToHaveCountAsync(0);
        await page.Keyboard.PressAsync("Escape");
        await page.Locator(".canvas").FocusAsync();
        await page.Keyboard.PressAsync("/");
        await page.Keyboard.TypeAsync("answer");
        await page.Keyboard.PressAsync("Enter");
        await Node(page, "answer").WaitForAsync();
        await Assertions.Expect(page.Locator("svg.wires [data-edge]")).ToHaveCountAsync(0);
        await Node(page, "template").FocusAsync();
        await page.Keyboard.PressAsync("c");
        await page.Locator("dialog[open] .connect").WaitForAsync();
        await page.Keyboard.TypeAsync("answer");
        await page.Locator("dialog[open] [role=option][aria-selected=true]").WaitForAsync();
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.Locator("svg.wires [data-edge]")).ToHaveCountAsync(1);

        // Enter opens the settings; the outline has the same flow.
        await Node(page, "template").FocusAsync();
        await page.Keyboard.PressAsync("ArrowRight");
        await page.Keyboard.PressAsync("ArrowLeft");
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.Locator(".insp").GetByLabel("Name", new() { Exact = true })).ToBeFocusedAsync();
        await page.Keyboard.TypeAsync("A greeting");
        await Node(page, "template").GetByText("A greeting").WaitForAsync();
        await page.Keyboard.PressAsync("Escape");
        await page.Keyboard.PressAsync("o");
        await page.WaitForURLAsync("**tab=outline");
        var step = page.Locator(".flow-outline [data-path=template]");
        await step.FocusAsync();
        await page.Keyboard.PressAsync("ArrowDown");
        await page.Keyboard.PressAsync("Delete");
        await Assertions.Expect(page.Locator(".flow-outline [data-path]")).ToHaveCountAsync(2);
    }

    private async Task<IPage> OpenAsync(string name)
    {
        var page = await studio.OwnerAsync();
        await FlowsTests.MakeAsync(studio, page, name);
        await page.GetByRole(AriaRole.Link, new() { Name = "Canvas" }).ClickAsync();
        await page.Locator(".canvas[data-ready]").WaitForAsync();
        return page;
    }

    private static ILocator Node(IPage page, string id) => page.Locator($".world > [data-id={id}]");
}
