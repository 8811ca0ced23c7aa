using Bunit;
using MistralStudio.Core.Security;
using MistralStudio.Web.Features.Flows;
using MistralStudio.Web.Features.Flows.Editor;
using MistralStudio.Web.Tests.Api;

namespace MistralStudio.Web.Tests.Flows;

/// <summary>What was chosen on the canvas of a run stands beside it, and a program is told how to run the flow.</summary>
public sealed class RunNodePanelTests(ApiStudio studio) : FlowTests(studio)
{
    [Fact]
    public async Task ANodeThatIsChosen_StandsBesideTheCanvas_WithItsValuesAndItsEvents_UntilItIsClosed()
    {
        var owner = await OwnerAsync();
        var run = await RunAsync(owner, await CreateAsync(owner, TwoGreetings), new { name = "Ada" });
        var page = Render<RunPage>(set => set.Add(one => one.Id, run.ToString()).AddCascadingValue(Scopes.Of(owner.Workspace, owner.User!.Value, Role.Owner)));
        var canvas = page.WaitForComponent<FlowCanvas>();
        Assert.Empty(page.FindAll(".run-beside"));

        await page.InvokeAsync(() => canvas.Instance.ActAsync(1, "Select", System.Text.Json.JsonElement.Parse("""{"nodes":["greet"]}""")));

        page.WaitForAssertion(() => Assert.Contains("Hello Ada", page.Find(".run-beside").TextContent, StringComparison.Ordinal));
        Assert.Equal(["Done", "Started"], page.FindAll(".run-beside .run-events .grow > span:first-child").Select(said => said.TextContent));
        // Two that would be called the same have their ids beside their names.
        Assert.Equal(["Start", "Write text · greet", "Write text · again", "Answer"], page.FindAll(".tl-names button").Select(name => name.TextContent));

        await page.Find(".run-beside header button").ClickAsync();
        Assert.Empty(page.FindAll(".run-beside"));
    }

    [Fact]
    public async Task AProgram_IsToldHowToRunTheFlow_OnceItIsPublished()
    {
        var owner = await OwnerAsync();
        var state = State(owner);
        await state.LoadAsync((await CreateAsync(owner, TwoGreetings, "Called")).Id, Token);
        var card = Render<CallCard>(set => set.Add(one => one.Flow, state.Flow!).Add(one => one.Inputs, []).AddCascadingValue(Scopes.Of(owner.Workspace, owner.User!.Value, Role.Owner)));
        Assert.Empty(card.FindAll("pre"));

        Assert.True(await state.PublishAsync("first", Token));
        card.Render(set => set.Add(one => one.Flow, state.Flow!).Add(one => one.Inputs, state.Inputs));
        var command = card.Find("pre").TextContent;
        Assert.Contains($"/api/flows/{state.Flow!.Id}/runs'", command, StringComparison.Ordinal);
        Assert.Contains("\"name\": \"Hello\"", command, StringComparison.Ordinal);
        Assert.Contains("\"often\": 1", command, StringComparison.Ordinal);

        card.FindAll(".seg button")[1].Click();
        Assert.Contains($"\"flow:{state.Flow.Slug}\"", card.Find("pre").TextContent, StringComparison.Ordinal);
    }
}
