using System.Text.Json.Nodes;

namespace MistralStudio.Tests.Shared.Qdrant;

/// <summary>What Qdrant says of a collection, with the defaults of its configuration.</summary>
internal static class DoubleInfo
{
    /// <summary>The serial number of the recorded server.</summary>
    public const long Peer = 8990039123626077;

    public static JsonObject Of(DoubleCollection collection)
    {
        var parameters = new JsonObject
        {
            ["vectors"] = collection.Config["vectors"]!.DeepClone(),
            ["shard_number"] = collection.Shards,
            ["replication_factor"] = (int?)collection.Config["replication_factor"] ?? 1,
            ["write_consistency_factor"] = (int?)collection.Config["write_consistency_factor"] ?? 1,
            ["on_disk_payload"] = (bool?)collection.Config["on_disk_payload"] ?? true,
        };
        if (collection.Config["sparse_vectors"] is { } sparse)
        {
            parameters["sparse_vectors"] = sparse.DeepClone();
        }

        var graph = new JsonObject { ["m"] = 16, ["ef_construct"] = 100, ["full_scan_threshold"] = 10000, ["max_indexing_threads"] = 0, ["on_disk"] = false };
        foreach (var (name, value) in (JsonObject?)collection.Config["hnsw_config"] ?? [])
        {
            graph[name] = value!.DeepClone();
        }

        var config = new JsonObject
        {
            ["params"] = parameters,
            ["hnsw_config"] = graph,
            ["optimizer_config"] = new JsonObject
            {
                ["deleted_threshold"] = .2, ["vacuum_min_vector_number"] = 1000, ["default_segment_number"] = 0, ["max_segment_size"] = null,
                ["memmap_threshold"] = null, ["indexing_threshold"] = 10000, ["flush_interval_sec"] = 5, ["max_optimization_threads"] = null,
                ["prevent_unoptimized"] = null,
            },
            ["wal_config"] = new JsonObject { ["wal_capacity_mb"] = 32, ["wal_segments_ahead"] = 0, ["wal_retain_closed"] = 1 },
            ["quantization_config"] = null,
        };
        if (collection.Config["metadata"] is { } metadata)
        {
            config["metadata"] = metadata.DeepClone();
        }

        return new()
        {
            ["status"] = "green",
            ["optimizer_status"] = "ok",
            ["indexed_vectors_count"] = collection.Points.Values.Sum(point => point.Vectors.Count),
            ["points_count"] = collection.Points.Count,
            ["segments_count"] = 2 * collection.Shards,
            ["config"] = config,
            ["payload_schema"] = new JsonObject(collection.Indexes.Select(index => KeyValuePair.Create(index.Key, (JsonNode?)OfIndex(collection, index.Key)))),
            ["update_queue"] = new JsonObject { ["length"] = 0 },
        };
    }

    public static JsonObject Optimizations() => new()
    {
        ["summary"] = new JsonObject { ["queued_optimizations"] = 0, ["queued_segments"] = 0, ["queued_points"] = 0, ["idle_segments"] = 4 },
        ["running"] = new JsonArray(),
    };

    public static JsonObject Shards(DoubleCollection collection) => new()
    {
        ["peer_id"] = Peer,
        ["shard_count"] = collection.Shards,
        ["local_shards"] = new JsonArray([.. Enumerable.Range(0, collection.Shards).Select(shard => (JsonNode)new JsonObject
        {
            ["shard_id"] = shard, ["points_count"] = collection.Points.Values.Count(point => collection.ShardOf(point) == shard), ["state"] = "Active",
        })]),
        ["remote_shards"] = new JsonArray(),
        ["shard_transfers"] = new JsonArray(),
    };

    private static JsonObject OfIndex(DoubleCollection collection, string field)
    {
        var shown = new JsonObject { ["data_type"] = collection.TypeOf(field) };
        if (collection.Indexes[field] is JsonObject schema)
        {
            shown["params"] = schema.DeepClone();
            if (collection.TypeOf(field) == "integer")
            {
                shown["params"]!["is_principal"] = null;
            }
        }

        shown["points"] = collection.Points.Values.Count(point => point.Payload[field] is not null);
        return shown;
    }
}
