using Microsoft.Playwright;

namespace MistralStudio.E2E.Tests;

/// <summary>A flow is written, run, decided about and looked at, all in the browser.</summary>
[Collection(TeamStudioCollection.Name)]
public sealed class FlowsTests(TeamStudio studio) : BrowserTests
{
    /// <summary>Asks its owner, then writes.</summary>
    public const string Definition = """
        {"schema":"mistralstudio.flow/1",
         "nodes":[{"id":"start","type":"start"},{"id":"ask","type":"approval","title":"Approve","config":{"title":"Send to {{ start.name }}?","expires":"2.00:00:00"}},
                  {"id":"yes","type":"template","title":"Letter","config":{"template":"sent: {{ ask.approved.note }}"}},{"id":"no","type":"template","config":{"template":"kept"}},{"id":"answer","type":"answer"}],
         "edges":[{"from":"start.name","to":"ask.name"},{"from":"ask.approved","to":"yes.x"},{"from":"ask.refused","to":"no.x"},
                  {"from":"yes.text","to":"answer.text"},{"from":"no.text","to":"answer.text"}],
         "inputs":[{"name":"name","type":"text","required":true,"title":"Name"}]}
        """;

    [Fact]
    public async Task AFlow_IsWrittenAsJson_Run_Approved_AndItsOutputsSeen()
    {
        var page = await studio.OwnerAsync();
        await MakeAsync(studio, page, "Letters");
        await page.Locator(".definition textarea").FillAsync(Definition.Replace("ask.approved", "ask.agreed", StringComparison.Ordinal));
        await page.Locator(".definition textarea").BlurAsync();
        await page.Locator(".problem-list li").First.WaitForAsync();
        await RunAsync(page, "Bo");

        var question = page.Locator(".question");
        await question.GetByText("Send to Bo?").WaitForAsync();
        await question.GetByLabel("Note").FillAsync("with thanks");
        await question.GetByRole(AriaRole.Button, new() { Name = "Approve", Exact = true }).ClickAsync();
        await page.Locator(".page-head .state.ok").WaitForAsync();
        await page.GetByText("sent: with thanks").First.WaitForAsync();
        Assert.Equal(0, await page.Locator(".question").CountAsync());
        await page.Locator(".run-nodes summary").Filter(new() { HasText = "Letter" }).ClickAsync();
        await page.Locator(".of-node").GetByText("sent: with thanks").WaitForAsync();
    }

    /// <summary>Makes an empty flow and opens it.</summary>
    internal static async Task MakeAsync(TeamStudio studio, IPage page, string name)
    {
        await studio.GoAsync(page, "flows");
        await page.GetByRole(AriaRole.Button, new() { Name = "New flow" }).ClickAsync();
        await page.FillAsync("dialog[open] input.lg", name);
        await page.GetByRole(AriaRole.Button, new() { Name = "Create", Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Source" }).ClickAsync();
        await page.Locator(".definition textarea").WaitForAsync();
    }

    /// <summary>Writes <see cref="Definition"/> into the flow on screen and runs it until it waits.</summary>
    internal static async Task RunAsync(IPage page, string name)
    {
        await page.Locator(".definition textarea").FillAsync(Definition);
        await page.Locator(".definition textarea").BlurAsync();
        await page.Locator(".run-form").GetByLabel("Name").FillAsync(name);
        await page.Locator(".run-form").GetByRole(AriaRole.Button, new() { Name = "Run", Exact = true }).ClickAsync();
        await page.ArriveAsync("/runs/.+");
        await page.Locator(".question").WaitForAsync();
    }
}
