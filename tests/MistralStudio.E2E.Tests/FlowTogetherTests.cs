using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Playwright;

namespace MistralStudio.E2E.Tests;

/// <summary>Two people with accounts of their own, in two browsers, on one flow.</summary>
[Collection(TeamStudioCollection.Name)]
public sealed class FlowTogetherTests(TeamStudio studio) : BrowserTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task TwoPeopleOnOneFlow_SeeEachOther_AndEveryChange_AndPutBackWhatWasOverwritten()
    {
        using var program = await studio.Studio.NewProgramAsync();
        using var made = await program.PostAsJsonAsync("/api/flows", new { name = "Together", definition = JsonNode.Parse(FlowsTests.Definition) }, Token);
        made.EnsureSuccessStatusCode();
        var flow = (await made.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("id").GetString()!;
        var bo = await studio.JoinAsync(await studio.InviteAsync("Builder"), "Bo");
        var ada = await OpenAsync(await studio.OwnerAsync(), flow);
        await OpenAsync(bo, flow);
        await ada.Locator(".guests .av[title='Bo']").WaitForAsync();
        await bo.Locator(".guests .av[title='Ada Owner']").WaitForAsync();

        await ChooseAsync(bo);
        await Card(ada).Locator("header .av[title='Selected by Bo']").WaitForAsync();
        await CallAsync(bo, "Written by Bo");
        await Card(ada).GetByText("Written by Bo").WaitForAsync();

        await ChooseAsync(ada);
        await CallAsync(ada, "Written by Ada");
        await Card(bo).GetByText("Written by Ada").WaitForAsync();
        var told = bo.Locator(".together", new() { HasText = "Ada Owner changed Name of Written by Ada, which you had changed before." });
        await told.GetByRole(AriaRole.Button, new() { Name = "Put mine back" }).ClickAsync();
        await Card(ada).GetByText("Written by Bo").WaitForAsync();
        await ada.Locator(".together", new() { HasText = "Bo changed Name of Written by Bo" }).WaitForAsync();
        Assert.Equal(0, await bo.Locator(".together").CountAsync());

        await bo.GetByRole(AriaRole.Button, new() { Name = "Undo", Exact = true }).ClickAsync();
        await Card(ada).GetByText("Written by Ada").WaitForAsync();
        await bo.Context.CloseAsync();
        await ada.Locator(".guests").WaitForAsync(new() { State = WaitForSelectorState.Detached });

        // Whoever works by keys stays on the canvas when the step under the focus goes.
        await Card(ada).PressAsync("Delete");
        await Assertions.Expect(ada.Locator(".canvas")).ToBeFocusedAsync();
        await ada.Keyboard.PressAsync("ControlOrMeta+z");
        await Card(ada).WaitForAsync();
        using var gone = await program.DeleteAsync($"/api/flows/{flow}", Token);
        gone.EnsureSuccessStatusCode();
    }

    private async Task<IPage> OpenAsync(IPage page, string flow)
    {
        await studio.GoAsync(page, $"flows/{flow}");
        await page.Locator(".canvas[data-ready] .world > [data-size]").First.WaitForAsync();
        return page;
    }

    private static ILocator Card(IPage page) => page.Locator(".world > [data-id=yes]");

    private static async Task ChooseAsync(IPage page)
    {
        await Card(page).Locator("header").ClickAsync();
        await page.Locator("#node-title").WaitForAsync();
    }

    private static async Task CallAsync(IPage page, string title)
    {
        await page.FillAsync("#node-title", title);
        await Card(page).GetByText(title).WaitForAsync();
    }
}
