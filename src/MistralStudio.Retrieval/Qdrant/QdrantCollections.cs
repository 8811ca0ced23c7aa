using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Options;

namespace MistralStudio.Retrieval.Qdrant;

/// <summary>
/// Our collections: one for each length of vectors, with every base a tenant in it. All is read and written through its alias, so that a
/// collection of another schema can be filled beside it and take its place in one step.
/// </summary>
internal sealed class QdrantCollections(QdrantClient client, IOptions<QdrantOptions> options) : IDisposable
{
    // Raised with any change of what a point is; collections of older ones are copied as they are opened.
    private const int Schema = 1;

    private static readonly Version s_oldest = new(1, 17);

    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly ConcurrentDictionary<string, bool> _ready = new(StringComparer.Ordinal);

    /// <summary>The alias for vectors of a length.</summary>
    public string Alias(int dimensions) => string.Create(CultureInfo.InvariantCulture, $"{options.Value.Prefix}_{dimensions}");

    /// <summary>The aliases that there are.</summary>
    public async Task<IReadOnlyList<string>> ListAsync(CancellationToken cancellationToken) =>
        [.. (await client.AliasesAsync(cancellationToken)).Keys.Where(alias => alias.StartsWith(options.Value.Prefix + "_", StringComparison.Ordinal))];

    /// <summary>Fails where the server is older than what this was written against.</summary>
    public async Task CheckVersionAsync(CancellationToken cancellationToken)
    {
        var version = await client.VersionAsync(cancellationToken);
        if (!Version.TryParse(version.Split('-')[0], out var parsed) || parsed < s_oldest)
        {
            throw new QdrantException(QdrantErrors.TooOld(client.Root, version), null);
        }
    }

    /// <summary>The alias of a collection that is there and of the present schema.</summary>
    public async Task<string> EnsureAsync(int dimensions, CancellationToken cancellationToken)
    {
        var alias = Alias(dimensions);
        if (_ready.ContainsKey(alias))
        {
            return alias;
        }

        await _gate.WaitAsync(cancellationToken);
        try
        {
            await CheckVersionAsync(cancellationToken);
            if (await client.FindCollectionAsync(alias, cancellationToken) is not { } found)
            {
                var name = await CreateAsync(dimensions, cancellationToken);
                await client.PointAliasAsync(alias, name, isThere: false, cancellationToken);
            }
            else if (SchemaOf(found) != Schema)
            {
                await ReplaceAsync(dimensions, cancellationToken);
            }

            _ready[alias] = true;
            return alias;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Forgets what is known to be there: a server may come back without its data.</summary>
    public void Forget() => _ready.Clear();

    /// <summary>
    /// Copies a collection into a new one of the present schema and lets the alias stand for that. Searches go on meanwhile; points that were
    /// written meanwhile are copied by the second look, and the old collection goes last.
    /// </summary>
    public async Task ReplaceAsync(int dimensions, CancellationToken cancellationToken)
    {
        var alias = Alias(dimensions);
        var old = (await client.AliasesAsync(cancellationToken))[alias];
        var name = await CreateAsync(dimensions, cancellationToken);

        // Without a graph while it is filled: it is built once, at the end.
        await client.ChangeCollectionAsync(name, Threshold(0), cancellationToken);
        var everything = new JsonObject();
        var shown = new JsonObject { ["with_payload"] = true, ["with_vector"] = true };
        for (var (copied, there) = (-1L, await client.CountAsync(old, [], cancellationToken)); copied < there; there = await client.CountAsync(old, [], cancellationToken))
        {
            var batch = new JsonArray();
            await foreach (var point in client.ScrollAsync(old, everything, shown, cancellationToken))
            {
                batch.Add(new JsonObject { ["id"] = Node(point, "id"), ["vector"] = Node(point, "vector"), ["payload"] = Node(point, "payload") });
                if (batch.Count == options.Value.Batch)
                {
                    await client.UpsertAsync(name, batch, cancellationToken);
                    batch = [];
                }
            }

            if (batch.Count > 0)
            {
                await client.UpsertAsync(name, batch, cancellationToken);
            }

            copied = await client.CountAsync(name, [], cancellationToken);
        }

        await client.ChangeCollectionAsync(name, Threshold(10_000), cancellationToken);
        await client.PointAliasAsync(alias, name, isThere: true, cancellationToken);
        await client.DeleteCollectionAsync(old, cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose() => _gate.Dispose();

    private static int SchemaOf(JsonElement collection) =>
        collection.GetProperty("config").TryGetProperty("metadata", out var metadata) && metadata.ValueKind == JsonValueKind.Object
        && metadata.TryGetProperty("schema", out var schema) ? schema.GetInt32() : 0;

    private static JsonObject Threshold(int points) => new() { ["optimizers_config"] = new JsonObject { ["indexing_threshold"] = points } };

    private static JsonNode? Node(JsonElement point, string name) => JsonNode.Parse(point.GetProperty(name).GetRawText());

    private async Task<string> CreateAsync(int dimensions, CancellationToken cancellationToken)
    {
        var schema = new JsonObject
        {
            ["vectors"] = new JsonObject
            {
                [QdrantPoint.Dense] = new JsonObject
                {
                    ["size"] = dimensions,
                    ["distance"] = "Cosine",
                    ["on_disk"] = true,
                    ["quantization_config"] = new JsonObject { ["scalar"] = new JsonObject { ["type"] = "int8", ["quantile"] = .99, ["always_ram"] = true } },
                },
            },
            ["sparse_vectors"] = new JsonObject { [QdrantPoint.Words] = new JsonObject { ["modifier"] = "idf" } },
            ["hnsw_config"] = new JsonObject { ["m"] = 16, ["ef_construct"] = 128, ["payload_m"] = 16 },
            ["on_disk_payload"] = true,
            ["shard_number"] = options.Value.Shards,
            ["replication_factor"] = options.Value.Replicas,
            ["write_consistency_factor"] = 1,
            ["metadata"] = new JsonObject { ["schema"] = Schema },
        };
        string name;
        do
        {
            name = string.Create(CultureInfo.InvariantCulture, $"{Alias(dimensions)}_{Guid.CreateVersion7():N}");
        }
        while (!await client.CreateCollectionAsync(name, schema, cancellationToken));

        await client.CreateIndexAsync(name, QdrantPoint.Base, new JsonObject { ["type"] = "keyword", ["is_tenant"] = true }, cancellationToken);
        foreach (var field in (string[])[QdrantPoint.Document, QdrantPoint.Hash, QdrantPoint.LanguageName, QdrantPoint.Facts, QdrantPoint.Fields])
        {
            await client.CreateIndexAsync(name, field, "keyword", cancellationToken);
        }

        await client.CreateIndexAsync(name, QdrantPoint.Page, new JsonObject { ["type"] = "integer", ["lookup"] = true, ["range"] = true }, cancellationToken);
        return name;
    }
}
