using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Playwright;
using MistralStudio.Flows.Definitions;

namespace MistralStudio.E2E.Tests.Canvas;

/// <summary>
/// Builds a definition on the canvas of an empty flow, the way that a person would. It knows what is to come, not how the page makes it: what cannot
/// be built this way is a fault of the editor.
/// </summary>
internal abstract class FlowBuilder(IPage page)
{
    /// <summary>The page of the flow, with its canvas shown.</summary>
    protected IPage Page { get; } = page;

    /// <summary>The settings at the right.</summary>
    protected ILocator Inspector => Page.Locator(".insp");

    /// <summary>Builds all of it: what a run is started with, the nodes with their settings, the connections.</summary>
    public async Task BuildAsync(FlowDefinition flow)
    {
        var definition = JsonNode.Parse(FlowDefinitions.Write(flow))!.AsObject();
        await BeginAsync(definition);
        foreach (var input in definition["inputs"]?.AsArray() ?? [])
        {
            await InputAsync(input!.AsObject());
        }

        await NodesAsync("", definition);
        await EdgesAsync("", definition);
    }

    /// <summary>The definition that the page's source has, without where things stand.</summary>
    public async Task<string> SourceAsync()
    {
        await Page.GetByRole(AriaRole.Link, new() { Name = "Source" }).ClickAsync();
        var text = Page.Locator(".definition textarea");
        await text.WaitForAsync();
        return Canonical(FlowDefinitions.Read(await text.InputValueAsync()).Value);
    }

    /// <summary>A definition without where things stand.</summary>
    public static string Canonical(FlowDefinition flow) => FlowDefinitions.Write(flow with { Nodes = Placeless(flow.Nodes) });

    /// <summary>Makes ready for what is to come.</summary>
    protected abstract Task BeginAsync(JsonObject definition);

    /// <summary>Brings the flow's own panel to the right.</summary>
    protected abstract Task LeaveNodesAsync();

    /// <summary>Adds a node of a type to a scope; its path.</summary>
    protected abstract Task<string> AddAsync(string type, string scope, int index);

    /// <summary>Shows the settings of a node.</summary>
    protected abstract Task InspectAsync(string path);

    /// <summary>Connects an out-port with a port of a node, or with the node where the port is not there yet.</summary>
    protected abstract Task ConnectAsync(string scope, string from, string to);

    /// <summary>Presses something.</summary>
    protected abstract Task PressAsync(ILocator what);

    /// <summary>Puts a text into a field and leaves it.</summary>
    protected abstract Task TypeAsync(ILocator field, string text);

    /// <summary>Chooses one of a list.</summary>
    protected abstract Task ChooseAsync(ILocator list, string value);

    /// <summary>The card of a node.</summary>
    protected ILocator Card(string path) => Page.Locator($".world > [data-id='{path}']");

    /// <summary>Paths of all cards.</summary>
    protected Task<string[]> CardsAsync() => Page.Locator(".world > [data-size]").EvaluateAllAsync<string[]>("cards => cards.map(card => card.dataset.id)");

    /// <summary>Waits until a card came; its path.</summary>
    protected async Task<string> ArrivedAsync(string[] before)
    {
        await Assertions.Expect(Page.Locator(".world > [data-size]")).ToHaveCountAsync(before.Length + 1);
        return (await CardsAsync()).Except(before).Single();
    }

    /// <summary>Connections of a scope, as <c>from&gt;to</c>.</summary>
    protected async Task<string[]> EdgesOfAsync(string scope) =>
        (await Page.EvaluateAsync<string[]>("() => [...document.querySelectorAll('svg.wires [data-edge]')].map(wire => wire.dataset.edge)"))
            .Where(edge => edge.StartsWith($"{scope}|", StringComparison.Ordinal)).Select(edge => edge[(scope.Length + 1)..]).ToArray();

    /// <summary>The path of a node of a scope.</summary>
    protected static string Join(string scope, string id) => scope.Length == 0 ? id : $"{scope}/{id}";

    /// <summary>The path that an end of an edge means: that of the container where it is the border.</summary>
    protected static string PathOf(string scope, string end)
    {
        var id = FlowEdge.NodeOf(end);
        return scope == id || scope.EndsWith($"/{id}", StringComparison.Ordinal) ? scope : Join(scope, id);
    }

    private async Task InputAsync(JsonObject input)
    {
        await LeaveNodesAsync();
        var index = await Page.Locator("[data-input]").CountAsync();
        await PressAsync(Page.GetByRole(AriaRole.Button, new() { Name = "Add an input" }));
        await TypeAsync(Page.Locator($"#input-{index}"), input["name"]!.GetValue<string>());
        if (input["type"]!.GetValue<string>() != "text")
        {
            await ChooseAsync(Page.Locator($"#input-type-{index}"), input["type"]!.GetValue<string>());
        }

        var box = Page.Locator($"[data-input='{index}']");
        if (input["required"]?.GetValue<bool>() is not true)
        {
            await PressAsync(box.GetByRole(AriaRole.Switch));
        }

        await PressAsync(box.Locator("summary"));
        foreach (var (name, field) in new[] { ("title", "title"), ("description", "text"), ("default", "default") })
        {
            if (input[name] is { } value)
            {
                await TypeAsync(Page.Locator($"#input-{field}-{index}"), Text(value));
            }
        }
    }

    private async Task NodesAsync(string scope, JsonObject body)
    {
        foreach (var (node, index) in body["nodes"]!.AsArray().Select((node, index) => (node!.AsObject(), index)))
        {
            var path = await AddAsync(node["type"]!.GetValue<string>(), scope, index);
            await InspectAsync(path);
            if (node["title"] is { } title)
            {
                await TypeAsync(Page.Locator("#node-title"), title.GetValue<string>());
            }

            await SettingsAsync(node["config"] as JsonObject ?? []);
            var wanted = Join(scope, node["id"]!.GetValue<string>());
            if (path != wanted)
            {
                await PressAsync(Inspector.GetByRole(AriaRole.Tab, new() { Name = "Ports" }));
                await TypeAsync(Page.Locator("#node-id"), node["id"]!.GetValue<string>());
                await Page.Locator($".world > [data-selected][data-id='{wanted}']").WaitForAsync();
            }

            if (node["body"] is JsonObject inside)
            {
                await NodesAsync(wanted, inside);
            }
        }
    }

    // Around a container first: what comes in there is what its inside can take.
    private async Task EdgesAsync(string scope, JsonObject body)
    {
        foreach (var edge in body["edges"]?.AsArray() ?? [])
        {
            var (from, to) = (edge!["from"]!.GetValue<string>(), edge["to"]!.GetValue<string>());
            var before = await EdgesOfAsync(scope);
            await ConnectAsync(scope, from, to);
            await Assertions.Expect(Page.Locator($"svg.wires [data-edge^='{scope}|']")).ToHaveCountAsync(before.Length + 1);
            var made = (await EdgesOfAsync(scope)).Except(before).Single();
            Assert.StartsWith($"{from}>{FlowEdge.NodeOf(to)}.", made, StringComparison.Ordinal);
            if (made != $"{from}>{to}")
            {
                await InspectAsync(PathOf(scope, to));
                await PressAsync(Inspector.GetByRole(AriaRole.Tab, new() { Name = "Ports" }));
                await TypeAsync(Inspector.GetByLabel($"Name of {FlowEdge.PortOf(made[(made.IndexOf('>', StringComparison.Ordinal) + 1)..])}", new() { Exact = true }), FlowEdge.PortOf(to));
                await Page.Locator($"svg.wires [data-edge='{scope}|{from}>{to}']").WaitForAsync(new() { State = WaitForSelectorState.Attached });
            }
        }

        foreach (var node in body["nodes"]!.AsArray().Where(node => node!["body"] is JsonObject))
        {
            await EdgesAsync(Join(scope, node!["id"]!.GetValue<string>()), node["body"]!.AsObject());
        }
    }

    private async Task SettingsAsync(JsonObject config)
    {
        // What a new node begins with and this one does not have.
        foreach (var pointer in await Inspector.Locator(".body > [data-pointer]").EvaluateAllAsync<string[]>("all => all.filter(one => [...one.querySelectorAll(':scope > input, :scope > textarea, :scope > .ed > textarea')].some(field => field.value !== '')).map(one => one.dataset.pointer)"))
        {
            if (!config.ContainsKey(pointer[1..]))
            {
                await TypeAsync(Field(pointer).Locator("input, textarea").First, "");
            }
        }

        foreach (var (name, value) in config)
        {
            await SettingAsync($"/{name}", value!);
        }
    }

    private async Task SettingAsync(string pointer, JsonNode value)
    {
        var field = Field(pointer);
        if (await field.Locator(":scope > .ticks").CountAsync() > 0)
        {
            var wanted = value.AsArray().Select(one => one!.GetValue<string>()).ToHashSet(StringComparer.Ordinal);
            foreach (var box in await field.Locator(".ticks label").AllAsync())
            {
                if (await box.Locator("input").IsCheckedAsync() != wanted.Contains((await box.Locator(".cut").InnerTextAsync()).Trim()))
                {
                    await PressAsync(box.Locator("input"));
                }
            }
        }
        else if (value is JsonArray { Count: > 0 } items && items[0] is JsonObject && await field.Locator("textarea, fieldset").First.EvaluateAsync<bool>("one => one.localName === 'fieldset'"))
        {
            await GroupsAsync(field, pointer, items);
        }
        else if (await field.Locator(":scope > label select, :scope > select").CountAsync() > 0)
        {
            await ChooseAsync(field.Locator("select"), value.GetValue<string>());
        }
        else if (await field.Locator(":scope > .duration").CountAsync() > 0)
        {
            // Those of the gallery are whole days.
            await ChooseAsync(field.Locator("select"), "Days");
            await TypeAsync(field.Locator("input"), Text(value).Split('.')[0]);
        }
        else if (await field.Locator(":scope > label input[role=switch]").CountAsync() > 0)
        {
            await PressAsync(field.Locator("input[role=switch]"));
        }
        else
        {
            await TypeAsync(field.Locator("input, textarea").First, value is JsonArray lines ? string.Join('\n', lines.Select(line => line!.GetValue<string>())) : Text(value));
        }
    }

    private async Task GroupsAsync(ILocator field, string pointer, JsonArray items)
    {
        var groups = field.Locator(":scope > fieldset");
        for (var there = await groups.CountAsync(); there < items.Count; there++)
        {
            await PressAsync(field.GetByRole(AriaRole.Button, new() { Name = "Add", Exact = true }));
            await Assertions.Expect(groups).ToHaveCountAsync(there + 1);
        }

        for (var i = 0; i < items.Count; i++)
        {
            foreach (var (name, value) in items[i]!.AsObject())
            {
                await SettingAsync($"{pointer}/{i}/{name}", value!);
            }
        }
    }

    private ILocator Field(string pointer) => Inspector.Locator($"[data-pointer='{pointer}']");

    private static string Text(JsonNode value) => value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : value.ToJsonString();

    private static IReadOnlyList<FlowNode> Placeless(IReadOnlyList<FlowNode> nodes) =>
        [.. nodes.Select(node => node with { Position = null, Size = null, Body = node.Body is { } body ? body with { Nodes = Placeless(body.Nodes) } : null })];
}
