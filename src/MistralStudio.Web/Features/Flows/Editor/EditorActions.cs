using System.Text.Json;
using MistralStudio.Flows.Definitions;
using MistralStudio.Flows.Editing;

namespace MistralStudio.Web.Features.Flows.Editor;

/// <summary>What only the page can do when the canvas asks for it.</summary>
public interface IEditorPage
{
    /// <summary>Brings the settings of what is selected under the focus.</summary>
    Task InspectAsync();

    /// <summary>Shows the outline.</summary>
    void ShowOutline();

    /// <summary>Makes a flow of its own out of what is selected.</summary>
    Task CollapseAsync();
}

/// <summary>
/// Takes what a gesture on the canvas came to. Whoever drives a browser can send anything: names and places are checked by the commands, and what
/// cannot be read is nothing.
/// </summary>
public sealed class EditorActions(EditorState state, IEditorPage page)
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web) { RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true };

    private long _last;
    private object? _answer;

    /// <summary>Does what was asked for under a number; once, however often it is asked.</summary>
    public async Task<object?> ActAsync(long number, string method, JsonElement args, CancellationToken cancellationToken)
    {
        if (number <= _last)
        {
            return _answer;
        }

        _last = number;
        _answer = null;
        state.Forget();
        try
        {
            _answer = await TakeAsync(method, args, cancellationToken);
        }
        catch (Exception wrong) when (wrong is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            state.Refuse(EditErrors.BadEdge());
        }

        return _answer;
    }

    private async Task<object?> TakeAsync(string method, JsonElement args, CancellationToken cancellationToken)
    {
        switch (method)
        {
            case "Select":
                var selection = Read<Selection>(args);
                state.Select(selection.Nodes ?? [], (selection.Edges ?? []).Select(CanvasWire.PlaceOf).OfType<EdgePlace>());
                return state.Clip();
            case "Inspect":
                await page.InspectAsync();
                return null;
            case "Outline":
                page.ShowOutline();
                return null;
        }

        if (!state.MayEdit)
        {
            return null;
        }

        switch (method)
        {
            case "Move":
                var moved = Read<Places>(args);
                var places = moved.Nodes ?? [];
                if (moved.Selected is { } selected)
                {
                    state.Select(selected);
                }

                await state.DoAsync(new MoveParts(
                    [.. places.Where(place => !EditorState.IsNote(place.Id)).Select(place => new PlacedPart(place.Id, new FlowPosition(place.X, place.Y)))],
                    [.. places.Where(place => EditorState.IsNote(place.Id)).Select(place => new PlacedNote(EditorState.NumberOf(place.Id), new FlowPosition(place.X, place.Y)))]), cancellationToken);
                break;
            case "MoveInto":
                var into = Read<Places>(args);
                if (await state.DoAsync(new MoveInto(into.Scope ?? "", [.. (into.Nodes ?? []).Select(place => new PlacedPart(place.Id, new FlowPosition(Math.Max(0, place.X), Math.Max(0, place.Y))))]), cancellationToken))
                {
                    state.Select([]);
                }

                break;
            case "Resize":
                var size = Read<Size>(args);
                await state.ResizeAsync(size.Id, new FlowSize(size.W, size.H), cancellationToken);
                break;
            case "Connect":
                var wire = Read<Wire>(args);
                await state.ConnectAsync(wire.Scope, wire.Forward, (wire.Own.Node, wire.Own.Port!), (wire.Other.Node, wire.Other.Port), wire.Instead is null ? null : CanvasWire.PlaceOf(wire.Instead)?.Edge, cancellationToken);
                break;
            case "Disconnect" when CanvasWire.PlaceOf(args.GetProperty("edge").GetString()!) is { } edge:
                await state.DoAsync(new RemoveParts([], [edge], []), cancellationToken);
                break;
            case "AddAt":
                state.BeginAdding(Read<Spot>(args).Place(null));
                break;
            case "AddAfter":
                var after = Read<Spot>(args);
                state.BeginAdding(after.Own is { Port: { } port } own && Scopes.Split(own.Node).Scope == after.Scope ? after.Place((Scopes.Split(own.Node).Id, port)) : after.Place(null));
                break;
            case "AddInside" when state.Find(args.GetProperty("node").GetString()!) is { IsContainer: true } container:
                state.BeginAdding(new AddPlace(container.Path, null, null));
                break;
            case "Drop":
                await state.AddAsync(args.GetProperty("type").GetString()!, Read<Spot>(args).Place(null), cancellationToken);
                break;
            case "Remove":
                await state.RemoveAsync(cancellationToken);
                break;
            case "Duplicate" when state.Selected.Count > 0:
                await state.PasteAsync(state.Clip(), Scopes.Split(state.Selected[0]).Scope, null, isCopy: true, cancellationToken);
                break;
            case "Paste" when args.TryGetProperty("characters", out var characters):
                state.Refuse(EditErrors.TooLong(characters.GetInt64()));
                break;
            case "Paste":
                var spot = Read<Spot>(args);
                await state.PasteAsync(args.GetProperty("text").GetString()!, spot.Scope, new FlowPosition(spot.X, spot.Y), isCopy: false, cancellationToken);
                break;
            case "Collapse":
                await page.CollapseAsync();
                break;
            case "Undo":
                await state.StepAsync(back: true, cancellationToken);
                break;
            case "Redo":
                await state.StepAsync(back: false, cancellationToken);
                break;
            case "ConnectFrom":
                state.BeginConnecting(args.GetProperty("node").GetString());
                break;
        }

        return state.Clip();
    }

    private static T Read<T>(JsonElement args) => args.Deserialize<T>(s_json) ?? throw new JsonException("Nothing was said.");

    private sealed record Selection(string[]? Nodes = null, string[]? Edges = null);

    private sealed record Place(string Id, double X, double Y);

    private sealed record Places(string? Scope = null, Place[]? Nodes = null, string[]? Selected = null);

    private sealed record Size(string Id, double W, double H);

    private sealed record End(string Node, string? Port = null);

    private sealed record Wire(string Scope, bool Forward, End Own, End Other, string? Instead = null);

    private sealed record Spot(string Scope, double X, double Y, End? Own = null)
    {
        public AddPlace Place((string Node, string Port)? from) => new(Scope, new FlowPosition(X, Y), from);
    }
}
