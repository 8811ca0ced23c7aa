using Microsoft.Playwright;

namespace MistralStudio.E2E.Tests;

/// <summary>A small flow is built on its canvas, once with a mouse and once without, and runs.</summary>
[Collection(TeamStudioCollection.Name)]
public sealed class FlowCanvasTests(TeamStudio studio)
{
    [Fact]
    public async Task AFlow_IsBuiltByMouse_UndoneAndDoneAgain_SeenInASecondTab_AndRuns()
    {
        var page = await OpenAsync("Built by mouse");
        await page.Locator(".palette").GetByRole(AriaRole.Button, new() { Name = "Start", Exact = true }).DragToAsync(page.Locator(".canvas"), new() { TargetPosition = new() { X = 160, Y = 240 } });
        await Node(page, "start").WaitForAsync();
        await page.Locator(".canvas").ClickAsync(new() { Position = new() { X = 40, Y = 40 } });
        await page.GetByRole(AriaRole.Button, new() { Name = "Add an input" }).ClickAsync();
        await page.Locator(".palette").GetByRole(AriaRole.Button, new() { Name = "Write text", Exact = true }).DragToAsync(page.Locator(".canvas"), new() { TargetPosition = new() { X = 420, Y = 240 } });
        await Node(page, "template").WaitForAsync();
        await page.Locator(".palette").GetByRole(AriaRole.Button, new() { Name = "Answer", Exact = true }).DragToAsync(page.Locator(".canvas"), new() { TargetPosition = new() { X = 660, Y = 240 } });
        await Node(page, "answer").WaitForAsync();

        // A wire from the pin at the right of a card onto the next card finds the port that fits.
        await WireAsync(page, "start", "template");
        await WireAsync(page, "template", "answer");
        await Assertions.Expect(page.Locator("svg.wires [data-edge]")).ToHaveCountAsync(2);
        await Node(page, "template").Locator("header").ClickAsync();
        var text = page.Locator(".insp").GetByLabel("Text");
        await text.FillAsync("Hello {{ inp");
        await page.Locator(".names [role=option]").First.ClickAsync();
        await text.PressSequentiallyAsync(" }}!");
        await page.Locator(".toolbar .state.ok").WaitForAsync();

        var before = (await Node(page, "template").BoundingBoxAsync())!;
        await page.Mouse.MoveAsync(before.X + 60, before.Y + 14);
        await page.Mouse.DownAsync();
        await page.Mouse.MoveAsync(before.X + 60, before.Y + 174, new() { Steps = 6 });
        await page.Mouse.UpAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Undo", Exact = true }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Button, new() { Name = "Redo", Exact = true })).ToBeEnabledAsync();
        Assert.Equal(before.Y, (await Node(page, "template").BoundingBoxAsync())!.Y, 1f);

        // Somebody with the same flow open sees it, and what is done to it.
        var second = await page.Context.NewPageAsync();
        await second.GotoAsync(page.Url);
        await Node(second, "answer").WaitForAsync();
        await Node(second, "answer").Locator("header").ClickAsync();
        await second.Locator(".insp").GetByLabel("Name", new() { Exact = true }).FillAsync("Greeting");
        await Node(page, "answer").GetByText("Greeting").WaitForAsync();
        await second.CloseAsync();

        await page.Locator(".canvas").ClickAsync(new() { Position = new() { X = 40, Y = 40 } });
        await page.Locator(".run-form textarea").FillAsync("Bo");
        await page.Locator(".run-form").GetByRole(AriaRole.Button, new() { Name = "Run", Exact = true }).ClickAsync();
        await page.WaitForURLAsync("**/runs/**");
        await page.GetByText("Hello Bo!").First.WaitForAsync();
        await Assertions.Expect(page.Locator(".run-canvas .node .ok")).ToHaveCountAsync(3);
        await page.Context.CloseAsync();
    }

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
        await page.Context.CloseAsync();
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

    private static async Task WireAsync(IPage page, string from, string to)
    {
        await page.Locator(".canvas").ClickAsync(new() { Position = new() { X = 40, Y = 40 } });
        var (a, b) = ((await Node(page, from).BoundingBoxAsync())!, (await Node(page, to).BoundingBoxAsync())!);
        await page.Mouse.MoveAsync(a.X + a.Width, a.Y + (a.Height / 2));
        await page.Mouse.DownAsync();
        await page.Mouse.MoveAsync(b.X + (b.Width / 2), b.Y + (b.Height / 2), new() { Steps = 8 });
        await page.Mouse.UpAsync();
    }
}
