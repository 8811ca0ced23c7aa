using System.Runtime.CompilerServices;
using System.Text.Json;
using MistralStudio.Core;
using MistralStudio.Core.Blobs;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Flows.Runs;

namespace MistralStudio.Flows.Engine;

/// <summary>
/// Moves large values of a run to the blob store and back, so that the journal stays small and a run holds in memory only what its nodes
/// have in hand.
/// </summary>
internal sealed class ValueKeeper(IBlobStore blobs, WorkspaceId workspace, RunId run)
{
    // Lists whose items are in use, as long as somebody holds the list.
    private readonly ConditionalWeakTable<FlowValue, JsonElement[]> _items = [];

    private string Owner => FlowValue.OwnerOf(run);

    /// <summary>A value whose JSON can be read.</summary>
    public ValueTask<Result<FlowValue>> LoadAsync(FlowValue value, string port, CancellationToken cancellationToken) =>
        value.IsAtHand ? new(value) : LoadSlowAsync(value, port, cancellationToken);

    /// <summary>A value as the journal holds it: itself where it is small, its place in the blob store otherwise.</summary>
    public ValueTask<Result<FlowValue>> KeepAsync(FlowValue value, string port, CancellationToken cancellationToken) =>
        value.Part is null && value.Bytes <= FlowValue.MostInline ? new(value) : KeepSlowAsync(value, port, cancellationToken);

    /// <summary>All values of a node as the journal holds them.</summary>
    public async ValueTask<Result<IReadOnlyDictionary<string, FlowValue>>> KeepAsync(
        IReadOnlyDictionary<string, FlowValue> values, CancellationToken cancellationToken)
    {
        if (values.Values.All(value => value.Part is null && value.Bytes <= FlowValue.MostInline))
        {
            return Result<IReadOnlyDictionary<string, FlowValue>>.Success(values);
        }

        var kept = new Dictionary<string, FlowValue>(values.Count, StringComparer.Ordinal);
        foreach (var (port, value) in values)
        {
            var one = await KeepAsync(value, port, cancellationToken);
            if (!one.IsSuccess)
            {
                return one.Error;
            }

            kept[port] = one.Value;
        }

        return Result<IReadOnlyDictionary<string, FlowValue>>.Success(kept);
    }

    /// <summary>Values of another run, with references to the blob store of this run's own.</summary>
    public async ValueTask<Result<IReadOnlyDictionary<string, FlowValue>>> AdoptAsync(
        IReadOnlyDictionary<string, FlowValue> values, CancellationToken cancellationToken)
    {
        if (values.Values.All(value => value.Blob is null))
        {
            return Result<IReadOnlyDictionary<string, FlowValue>>.Success(values);
        }

        var adopted = new Dictionary<string, FlowValue>(values.Count, StringComparer.Ordinal);
        foreach (var (port, value) in values)
        {
            adopted[port] = value;
            if (value.Blob is { } blob)
            {
                await using var content = await blobs.OpenAsync(workspace, blob.Sha256, cancellationToken);
                if (content is null)
                {
                    return RunErrors.ValueMissing();
                }

                var put = await blobs.PutAsync(workspace, Owner, content, FlowValue.MostBytes, cancellationToken);
                if (!put.IsSuccess)
                {
                    return put.Error;
                }
            }
        }

        return Result<IReadOnlyDictionary<string, FlowValue>>.Success(adopted);
    }

    /// <summary>The items of a list.</summary>
    public async ValueTask<Result<JsonElement[]>> ItemsAsync(FlowValue list, string port, CancellationToken cancellationToken)
    {
        if (_items.TryGetValue(list, out var known))
        {
            return known;
        }

        var loaded = await LoadAsync(list, port, cancellationToken);
        if (!loaded.IsSuccess)
        {
            return loaded.Error;
        }

        if (loaded.Value.Json.ValueKind != JsonValueKind.Array)
        {
            return RunErrors.ValueOfWrongType(port, PortType.ListOf(PortType.Json));
        }

        JsonElement[] items = [.. loaded.Value.Json.EnumerateArray()];
        _items.AddOrUpdate(list, items);
        return items;
    }

    private async ValueTask<Result<FlowValue>> LoadSlowAsync(FlowValue value, string port, CancellationToken cancellationToken)
    {
        if (value.Part is { } part)
        {
            var items = await ItemsAsync(part.List, port, cancellationToken);
            return items.IsSuccess ? value.Loaded(items.Value[part.Index]) : items.Error;
        }

        if (value.Blob is not { } blob)
        {
            return RunErrors.ValueErased(port);
        }

        await using var stream = await blobs.OpenAsync(workspace, blob.Sha256, cancellationToken);
        if (stream is null)
        {
            return RunErrors.ValueMissing();
        }

        using var buffer = new MemoryStream((int)Math.Min(blob.Bytes, FlowValue.MostBytes));
        await stream.CopyToAsync(buffer, cancellationToken);
        return value.Loaded(JsonElement.Parse(buffer.GetBuffer().AsSpan(0, (int)buffer.Length), new JsonDocumentOptions { MaxDepth = FlowJson.Relaxed.MaxDepth }));
    }

    private async ValueTask<Result<FlowValue>> KeepSlowAsync(FlowValue value, string port, CancellationToken cancellationToken)
    {
        if (value.Part is not null)
        {
            var loaded = await LoadAsync(value, port, cancellationToken);
            return loaded.IsSuccess ? await KeepAsync(value.Loaded(loaded.Value.Json.Clone()), port, cancellationToken) : loaded.Error;
        }

        if (value.Blob is not null)
        {
            return value;
        }

        if (value.Bytes > FlowValue.MostBytes)
        {
            return RunErrors.ValueTooLarge(port, value.Bytes);
        }

        using var content = new MemoryStream(value.Utf8.ToArray(), writable: false);
        var put = await blobs.PutAsync(workspace, Owner, content, FlowValue.MostBytes, cancellationToken);
        return put.IsSuccess ? value.Kept(put.Value) : put.Error;
    }
}
