using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using MistralStudio.Flows.Definitions;

namespace MistralStudio.E2E.Tests.Canvas;

/// <summary>Presses keys alone: the focus is moved by Tab and by the keys of the canvas, never from here.</summary>
internal sealed class KeyboardBuilder(IPage page) : FlowBuilder(page)
{
    private const int MostSteps = 120;

    protected override Task BeginAsync(JsonObject definition) => Task.CompletedTask;

    // From the settings of a node to its card, from there to nothing, and from there to what is said of the flow.
    protected override async Task LeaveNodesAsync()
    {
        for (var i = 0; i < 4 && await Page.EvaluateAsync<bool>("() => !document.activeElement.closest('.insp') || document.querySelector('.world > [data-selected]') !== null"); i++)
        {
            await Page.Keyboard.PressAsync("Escape");
        }

        await Page.GetByRole(AriaRole.Button, new() { Name = "Add an input" }).WaitForAsync();
    }

    protected override async Task<string> AddAsync(string type, string scope, int index)
    {
        var before = await CardsAsync();
        var name = await Page.Locator($".palette [data-node-type='{type}'] .cut").InnerTextAsync();
        if (scope.Length > 0)
        {
            await GoAsync(Card(scope));
            await Page.Keyboard.PressAsync("i");
            await Page.Locator("dialog[open] input[type=search]:focus").WaitForAsync();
            await Page.Keyboard.InsertTextAsync(name);
            await Page.Locator($"dialog[open] #pick-{type}[aria-selected=true]").WaitForAsync();
        }
        else
        {
            // With a step selected it would be connected behind it.
            for (var i = 0; i < 3 && await Page.EvaluateAsync<bool>("() => document.activeElement.closest('.insp') !== null || document.querySelector('.world > [data-selected]') !== null"); i++)
            {
                await Page.Keyboard.PressAsync("Escape");
            }

            await Assertions.Expect(Page.Locator(".world > [data-selected]")).ToHaveCountAsync(0);
            await Page.GetByRole(AriaRole.Button, new() { Name = "Add an input" }).WaitForAsync();
            await Page.Keyboard.PressAsync("/");
            await Page.Locator(".palette input[type=search]:focus").WaitForAsync();
            await Page.Keyboard.InsertTextAsync(name);
            await Assertions.Expect(Page.Locator(".palette .pi").First).ToHaveAttributeAsync("data-node-type", type);
        }

        await Page.Keyboard.PressAsync("Enter");
        var path = await ArrivedAsync(before);
        await Page.Locator($".world > [data-selected][data-id='{path}']").WaitForAsync();
        await Assertions.Expect(Card(path)).ToBeFocusedAsync();
        return path;
    }

    protected override async Task InspectAsync(string path)
    {
        await GoAsync(Card(path));
        await Page.Keyboard.PressAsync("Enter");
        await Page.Locator("#node-title:focus, .insp .body :focus").First.WaitForAsync();
        await Inspector.Locator("header .mono", new() { HasText = path }).WaitForAsync();
    }

    protected override async Task ConnectAsync(string scope, string from, string to)
    {
        await GoAsync(Card(PathOf(scope, from)));
        await Page.Keyboard.PressAsync("c");
        var search = Page.Locator("dialog[open] .connect input[type=search]");
        await search.And(Page.Locator(":focus")).WaitForAsync();
        // Port and scope: the radio of the very one.
        var isInner = PathOf(scope, from) == scope;
        var gives = Page.Locator("dialog[open] .connect [role=radiogroup] label").Filter(new() { Has = Page.Locator(".mono", new() { HasTextRegex = new Regex($"^{FlowEdge.PortOf(from)}$") }) });
        gives = isInner ? gives.Filter(new() { HasText = "to its inside" }) : gives.Filter(new() { HasNotText = "to its inside" });
        if (!await gives.Locator("input").IsCheckedAsync())
        {
            await GoAsync(Page.Locator("dialog[open] .connect input[type=radio]:checked"));
            for (var i = 0; i < 20 && !await gives.Locator("input").IsCheckedAsync(); i++)
            {
                await Page.Keyboard.PressAsync("ArrowDown");
            }

            await Assertions.Expect(gives).ToHaveClassAsync(new Regex("\\bon\\b"));
            await GoAsync(search);
        }

        var (node, port) = (FlowEdge.NodeOf(to), FlowEdge.PortOf(to));
        var rows = Page.Locator("dialog[open] .found button[role=option]");
        var foot = Page.Locator("dialog[open] .connect-foot .mono");
        await foot.WaitForAsync();
        await Page.Keyboard.PressAsync("Home");
        for (var i = await rows.CountAsync(); i > 0; i--)
        {
            await Page.Keyboard.PressAsync("ArrowUp");
        }

        var fallback = -1;
        for (var i = 0; i < await rows.CountAsync(); i++)
        {
            await Assertions.Expect(rows.Nth(i)).ToHaveAttributeAsync("aria-selected", "true");
            var says = await foot.InnerTextAsync();
            if (says.EndsWith($"→ {to}", StringComparison.Ordinal))
            {
                await Page.Keyboard.PressAsync("Enter");
                await Page.Locator("dialog[open]").WaitForAsync(new() { State = WaitForSelectorState.Detached });
                return;
            }

            fallback = says.Contains($"→ {node}.", StringComparison.Ordinal) && (await rows.Nth(i).InnerTextAsync()).Contains("a new name", StringComparison.Ordinal) ? i : fallback;
            await Page.Keyboard.PressAsync("ArrowDown");
        }

        Assert.True(fallback >= 0, $"Nothing takes {from} as {port} of {node}.");
        for (var i = await rows.CountAsync() - 1; i > fallback; i--)
        {
            await Page.Keyboard.PressAsync("ArrowUp");
        }

        await Assertions.Expect(rows.Nth(fallback)).ToHaveAttributeAsync("aria-selected", "true");
        await Page.Keyboard.PressAsync("Enter");
        await Page.Locator("dialog[open]").WaitForAsync(new() { State = WaitForSelectorState.Detached });
    }

    protected override async Task PressAsync(ILocator what)
    {
        await GoAsync(what);
        await Page.Keyboard.PressAsync(await what.EvaluateAsync<bool>("one => one.type === 'checkbox'") ? "Space" : "Enter");
    }

    /// <summary>From a card to its row in the outline and back, by the same key.</summary>
    public async Task TurnAsync(string path)
    {
        await GoAsync(Card(path));
        await Page.Keyboard.PressAsync("o");
        await Assertions.Expect(Page.Locator($".flow-outline [data-path='{path}']")).ToBeFocusedAsync();
        await Page.Keyboard.PressAsync("o");
        await Assertions.Expect(Card(path)).ToBeFocusedAsync();
    }

    protected override async Task TypeAsync(ILocator field, string text)
    {
        await GoAsync(field);
        await Page.Keyboard.PressAsync("ControlOrMeta+a");
        await Page.Keyboard.PressAsync("Delete");
        await Page.Keyboard.InsertTextAsync(text);
        await Page.Keyboard.PressAsync("Shift+Tab");
    }

    protected override async Task ChooseAsync(ILocator list, string value)
    {
        await GoAsync(list);
        var places = await list.EvaluateAsync<int[]>("(list, value) => [list.selectedIndex, [...list.options].findIndex(one => one.value === value)]", value);
        for (var at = places[0]; at != places[1]; at += Math.Sign(places[1] - places[0]))
        {
            await Page.Keyboard.PressAsync(places[1] > places[0] ? "ArrowDown" : "ArrowUp");
        }

        await Assertions.Expect(list).ToHaveValueAsync(value);
    }

    // By Tab, forwards or backwards, whichever leads there.
    private async Task GoAsync(ILocator what)
    {
        if (await what.EvaluateAsync<bool>("one => one.matches('.world > [data-id]')"))
        {
            await GoToCardAsync(what);
            return;
        }

        for (var i = 0; i < MostSteps; i++)
        {
            var way = await what.EvaluateAsync<int>("one => { const at = document.activeElement; return one === at ? 0 : at && at !== document.body && at.compareDocumentPosition(one) & Node.DOCUMENT_POSITION_PRECEDING ? -1 : 1; }");
            if (way == 0)
            {
                return;
            }

            await Page.Keyboard.PressAsync(way > 0 ? "Tab" : "Shift+Tab");
        }

        Assert.Fail($"{what} cannot be reached by Tab.");
    }

    // On the canvas Tab follows the wires, and leaves it behind the last card: from its beginning every card is reached.
    private async Task GoToCardAsync(ILocator card)
    {
        const string Where = "card => { const at = document.activeElement; return at === card ? 'there' : !at?.closest('.canvas') || at.closest('[data-own]') ? 'outside' : at.matches('.canvas') ? 'canvas' : at.getBoundingClientRect().x > card.getBoundingClientRect().x ? 'behind' : 'before'; }";
        var key = "";
        for (var i = 0; i < MostSteps; i++)
        {
            switch (await card.EvaluateAsync<string>(Where))
            {
                case "there":
                    return;
                case "outside":
                    await GoAsync(Page.Locator(".canvas"));
                    key = "Tab";
                    break;
                case "canvas":
                    key = "Tab";
                    break;
                case "behind" when key.Length == 0:
                    key = "Shift+Tab";
                    break;
                case "before" when key.Length == 0:
                    key = "Tab";
                    break;
            }

            await Page.Keyboard.PressAsync(key);
        }

        Assert.Fail($"{card} cannot be reached by Tab.");
    }
}
