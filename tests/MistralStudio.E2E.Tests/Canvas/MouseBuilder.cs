using System.Text.Json.Nodes;
using Microsoft.Playwright;
using MistralStudio.Flows.Definitions;

namespace MistralStudio.E2E.Tests.Canvas;

/// <summary>Drags nodes from the palette and wires from pin to pin; the keys only write texts.</summary>
internal sealed class MouseBuilder(IPage page) : FlowBuilder(page)
{
    private const int Columns = 5;
    private const int ColumnWidth = 232;
    private const int RowHeight = 160;

    private readonly Dictionary<string, int> _containers = [];
    private int _rows;

    private ILocator Canvas => Page.Locator(".canvas");

    // From a little further away there is room for all of it.
    protected override async Task BeginAsync(JsonObject definition)
    {
        _rows = (definition["nodes"]!.AsArray().Count + Columns - 1) / Columns;
        for (var i = 0; i < 3; i++)
        {
            await Page.Locator("[data-view=out]").ClickAsync();
        }

        foreach (var node in definition["nodes"]!.AsArray().Where(node => node!["body"] is JsonObject))
        {
            _containers[node!["id"]!.GetValue<string>()] = node["body"]!["nodes"]!.AsArray().Count;
        }
    }

    protected override async Task LeaveNodesAsync()
    {
        var box = (await Canvas.BoundingBoxAsync())!;
        await Page.Mouse.ClickAsync(box.X + box.Width - 20, box.Y + box.Height - 20);
        await Page.GetByRole(AriaRole.Button, new() { Name = "Add an input" }).WaitForAsync();
    }

    protected override async Task<string> AddAsync(string type, string scope, int index)
    {
        var before = await CardsAsync();
        var item = Page.Locator($".palette [data-node-type='{type}']");
        await item.ScrollIntoViewIfNeededAsync();
        var at = scope.Length == 0 ? await ScreenAsync(Place(type, index)) : await InsideAsync(scope, index);
        await item.HoverAsync();
        await Page.Mouse.DownAsync();
        await Page.Mouse.MoveAsync(at.X, at.Y, new() { Steps = 4 });
        await Page.Mouse.UpAsync();
        var path = await ArrivedAsync(before);
        if (scope.Length == 0 && await Card(path).Locator(".grip").CountAsync() > 0 && await Card(path).EvaluateAsync<bool>("card => card.classList.contains('container')"))
        {
            await WidenAsync(path);
        }

        return path;
    }

    protected override async Task InspectAsync(string path)
    {
        var (x, y) = await HeadAsync(path);
        await Page.Mouse.ClickAsync(x, y);
        await ShownAsync(path);
    }

    protected override async Task ConnectAsync(string scope, string from, string to)
    {
        var (source, target) = (PathOf(scope, from), PathOf(scope, to));
        // The pin of the port where the card has one; otherwise anywhere on the card, which takes it under a name of its own.
        var end = await PinAsync(target, FlowEdge.PortOf(to), isOut: false, isInner: target == scope)
            ?? (target == scope ? throw new InvalidOperationException($"{to} has no pin.") : await AwayFromPinsAsync(target));
        var begin = await PinAsync(source, FlowEdge.PortOf(from), isOut: true, isInner: source == scope) ?? throw new InvalidOperationException($"{from} has no pin.");
        await Page.Mouse.DownAsync();
        await Page.Mouse.MoveAsync((begin.X + end.X) / 2, (begin.Y + end.Y) / 2, new() { Steps = 3 });
        await Page.Mouse.MoveAsync(end.X, end.Y, new() { Steps = 3 });
        await Page.Mouse.UpAsync();
    }

    protected override Task PressAsync(ILocator what) => what.ClickAsync();

    protected override async Task TypeAsync(ILocator field, string text)
    {
        await field.ClickAsync();
        await field.PressAsync("ControlOrMeta+a");
        await Page.Keyboard.PressAsync("Delete");
        await Page.Keyboard.InsertTextAsync(text);
        await field.BlurAsync();
    }

    // The list itself is drawn by the system, where no test can click.
    protected override Task ChooseAsync(ILocator list, string value) => list.SelectOptionAsync(value);

    private async Task ShownAsync(string path) => await Inspector.Locator("header .mono", new() { HasText = path }).WaitForAsync();

    private (float X, float Y) Place(string type, int index) =>
        type is "for-each" or "loop" ? (0, _rows * RowHeight) : (index % Columns * ColumnWidth, index / Columns * RowHeight);

    // A point of the world where the window shows it.
    private async Task<(float X, float Y)> ScreenAsync((float X, float Y) world)
    {
        var at = await Page.EvaluateAsync<float[]>("([x, y]) => { const box = document.querySelector('.world').getBoundingClientRect(); const zoom = new DOMMatrix(getComputedStyle(document.querySelector('.world')).transform).a; return [box.x + (x + 92) * zoom, box.y + (y + 24) * zoom]; }", new double[] { world.X, world.Y });
        return (at[0], at[1]);
    }

    private async Task<(float X, float Y)> InsideAsync(string scope, int index)
    {
        var box = (await Card(scope).BoundingBoxAsync())!;
        var zoom = await ZoomAsync();
        return (box.X + ((40 + 92 + (index * ColumnWidth)) * zoom), box.Y + ((64 + 28) * zoom));
    }

    private Task<float> ZoomAsync() => Page.EvaluateAsync<float>("() => new DOMMatrix(getComputedStyle(document.querySelector('.world')).transform).a");

    // A container is drawn as large as what comes into it.
    private async Task WidenAsync(string path)
    {
        var most = _containers.Values.DefaultIfEmpty(1).Max();
        var (grip, zoom) = ((await Card(path).Locator(".grip").BoundingBoxAsync())!, await ZoomAsync());
        await Page.Mouse.MoveAsync(grip.X + (grip.Width / 2), grip.Y + (grip.Height / 2));
        await Page.Mouse.DownAsync();
        await Page.Mouse.MoveAsync(grip.X + (((most * ColumnWidth) - 160) * zoom), grip.Y + (120 * zoom), new() { Steps = 4 });
        await Page.Mouse.UpAsync();
    }

    private async Task<(float X, float Y)> HeadAsync(string path)
    {
        var (box, zoom) = ((await Card(path).BoundingBoxAsync())!, await ZoomAsync());
        return (box.X + (90 * zoom), box.Y + (14 * zoom));
    }

    private async Task<(float X, float Y)> AwayFromPinsAsync(string path)
    {
        var (box, zoom) = ((await Card(path).BoundingBoxAsync())!, await ZoomAsync());
        return box.Height > 130 * zoom ? (box.X + (150 * zoom), box.Y + (24 * zoom)) : (box.X + (45 * zoom), box.Y + (58 * zoom));
    }

    // As a person finds it: the pointer goes along the border of the card until what it says is the port.
    private async Task<(float X, float Y)?> PinAsync(string path, string port, bool isOut, bool isInner)
    {
        var (box, zoom) = ((await Card(path).BoundingBoxAsync())!, await ZoomAsync());
        var (x, begin) = (box.X + (isOut != isInner ? box.Width : 0), isInner ? 84 * zoom : 12 * zoom);
        await Page.Mouse.MoveAsync(box.X + (60 * zoom), box.Y + (8 * zoom));
        for (var y = begin; y <= box.Height + (40 * zoom); y += Math.Max(3, 8 * zoom))
        {
            await Page.Mouse.MoveAsync(x, box.Y + y);
            if (await Canvas.GetAttributeAsync("title") is { } said && said.StartsWith($"{port}:", StringComparison.Ordinal))
            {
                return (x, box.Y + y);
            }
        }

        // Where what takes it stands below, a pin leaves at the bottom.
        for (var across = 20 * zoom; !isInner && across < box.Width; across += Math.Max(3, 8 * zoom))
        {
            await Page.Mouse.MoveAsync(box.X + across, isOut ? box.Y + box.Height : box.Y);
            if (await Canvas.GetAttributeAsync("title") is { } said && said.StartsWith($"{port}:", StringComparison.Ordinal))
            {
                return (box.X + across, isOut ? box.Y + box.Height : box.Y);
            }
        }

        return null;
    }
}
