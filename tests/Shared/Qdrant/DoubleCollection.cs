using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text;

namespace MistralStudio.Tests.Shared.Qdrant;

/// <summary>A collection of the double: its configuration, its points, and what may be asked of them.</summary>
internal sealed class DoubleCollection(string name, JsonObject config, DoublePlaces places)
{
    private static readonly HashSet<string> s_stopWords = ["the", "a", "an", "and", "or", "of", "to", "in", "is", "it", "for", "on"];

    private int _readTokens = (int?)(config["strict_mode_config"]?["read_rate_limit"]) ?? int.MaxValue;

    private int _written;

    public string Name => name;

    public JsonObject Config { get; } = config;

    public JsonObject Indexes { get; private set; } = [];

    public Dictionary<string, DoublePoint> Points { get; private set; } = new(StringComparer.Ordinal);

    public int Shards => (int?)Config["shard_number"] ?? 1;

    private JsonNode? Strict => Config["strict_mode_config"];

    public int ShardOf(DoublePoint point) => places.ShardOf(point.IdKey, Shards);

    public int SegmentOf(DoublePoint point) => places.SegmentOf(point.IdKey);

    /// <summary>Another collection with the same content.</summary>
    public DoubleCollection Copy(string copyName) => new(copyName, (JsonObject)Config.DeepClone(), places)
    {
        Indexes = (JsonObject)Indexes.DeepClone(),
        Points = Points.ToDictionary(item => item.Key, item => item.Value.Copy(), StringComparer.Ordinal),
    };

    /// <summary>A configuration that can be made.</summary>
    public static void Check(JsonObject config)
    {
        foreach (var vector in Vectors(config).Values)
        {
            if (vector["size"] is not JsonValue size || (int)size < 1 || (string?)vector["distance"] is not ("Cosine" or "Dot" or "Euclid" or "Manhattan"))
            {
                throw DoubleFailure.Format("data did not match any variant of untagged enum VectorsConfig");
            }
        }
    }

    public void RequireVector(string vector)
    {
        if (!Vectors(Config).ContainsKey(vector) && !(Config["sparse_vectors"] is JsonObject sparse && sparse.ContainsKey(vector)))
        {
            throw DoubleFailure.Wrong($"Not existing vector name error: {vector}");
        }
    }

    public float[] Normalise(string vector, JsonArray numbers)
    {
        var size = (int)Vectors(Config)[vector]["size"]!;
        return numbers.Count != size
            ? throw DoubleFailure.Wrong($"Vector dimension error: expected dim: {size}, got {numbers.Count}")
            : Unit([.. numbers.Select(number => (float)DoubleFilter.Number(number!))]);
    }

    public static float[] Unit(float[] vector)
    {
        var norm = MathF.Sqrt(vector.Sum(x => x * x));
        return norm == 0 ? vector : [.. vector.Select(x => x / norm)];
    }

    public static Dictionary<uint, float> ReadSparse(JsonObject sparse) => ((JsonArray)sparse["indices"]!).Zip((JsonArray)sparse["values"]!)
        .ToDictionary(item => (uint)DoubleFilter.Number(item.First!), item => (float)DoubleFilter.Number(item.Second!));

    /// <summary>The server's own BM25: its numbers of terms, k 1.2, b .75, average length 256.</summary>
    public static Dictionary<uint, float> SparseOf(string text, bool isQuery)
    {
        var words = text.ToLowerInvariant().Split(' ', StringSplitOptions.RemoveEmptyEntries).Where(word => !s_stopWords.Contains(word)).ToList();
        return words.CountBy(word => word).ToDictionary(
            word => Murmur(word.Key),
            word => isQuery ? 1f : (float)(word.Value * 2.2 / (word.Value + (1.2 * (.25 + (.75 * words.Count / 256))))));
    }

    /// <summary>Writes points; all are read before any is written.</summary>
    public void Upsert(JsonObject request)
    {
        var points = Read(request).ToList();
        if (Strict?["upsert_max_batchsize"] is { } most && points.Count > (int)most)
        {
            throw new DoubleFailure(400, $"Bad request: Limit exceeded {points.Count} > {(int)most} for \"upsert limit\". Help: Reduce the \"upsert limit\" parameter to or below {(int)most}.");
        }

        foreach (var point in points)
        {
            point.Written = ++_written;
            Points[point.IdKey] = point;
        }
    }

    public void UpdateVectors(JsonArray points)
    {
        foreach (var item in points)
        {
            var point = new DoublePoint(item!["id"]!.DeepClone());
            ReadVectors(point, item["vector"]!, 0);
            foreach (var (vector, numbers) in point.Dense)
            {
                Points[point.IdKey].Dense[vector] = numbers;
            }
        }
    }

    /// <summary>Points by <c>points</c> or <c>filter</c>.</summary>
    public List<DoublePoint> Select(JsonObject which) => which["points"] is JsonArray ids
        ? [.. ids.Select(id => Points.GetValueOrDefault(DoublePoint.IdText(id!))).OfType<DoublePoint>()]
        : [.. Points.Values.Where(point => DoubleFilter.Matches(which["filter"] as JsonObject, point))];

    public void Delete(JsonObject which) => Select(which).ForEach(point => Points.Remove(point.IdKey));

    /// <summary>Refuses what strict mode does not allow, and counts what it allows.</summary>
    public void CountRead(JsonObject request)
    {
        if (Strict is null)
        {
            return;
        }

        if (request["limit"] is { } limit && Strict["max_query_limit"] is { } most && (int)limit > (int)most)
        {
            throw new DoubleFailure(400, $"Bad request: Limit exceeded {(int)limit} > {(int)most} for \"limit\". Help: Reduce the \"limit\" parameter to or below {(int)most}.");
        }

        if (DoubleFilter.Keys(request["filter"]).FirstOrDefault(key => !Indexes.ContainsKey(key)) is { } unindexed && Strict["unindexed_filtering_retrieve"] is { } allowed && !(bool)allowed)
        {
            throw new DoubleFailure(
                400, $"Bad request: Index required but not found for \"{unindexed}\" of one of the following types: [keyword]. Help: Create an index for this key or use a different filter.");
        }

        if (request["params"]?["exact"] is { } exact && (bool)exact && Strict["search_allow_exact"] is { } may && !(bool)may)
        {
            throw new DoubleFailure(400, "Bad request: Exact search disabled!. Help: Set exact=false.");
        }

        if (_readTokens == 0)
        {
            throw new DoubleFailure(429, "Rate limiting exceeded: Read rate limit exceeded: Operation requires 1 tokens but only 0.0 were available. Retry after 20s")
            {
                RetryAfter = 20,
            };
        }

        _readTokens--;
    }

    public JsonObject Scroll(JsonObject request)
    {
        var limit = request["limit"] is { } number ? (int)number : 10;
        var points = Points.Values.Where(point => DoubleFilter.Matches(request["filter"] as JsonObject, point)).ToList();
        if (request["order_by"] is JsonObject order)
        {
            return Page(Order(points, order).Take(limit), null);
        }

        var sorted = points.OrderBy(point => point.Order.Number).ThenBy(point => point.Order.Text, StringComparer.Ordinal).ToList();
        if (request["offset"] is { } offset)
        {
            var from = new DoublePoint(offset.DeepClone());
            sorted = [.. sorted.SkipWhile(point => point.IdKey != from.IdKey && Compare(point.Order, from.Order) < 0)];
        }

        return Page(sorted.Take(limit).Select(point => (point, (JsonNode?)null)), sorted.ElementAtOrDefault(limit));

        JsonObject Page(IEnumerable<(DoublePoint Point, JsonNode? Value)> shown, DoublePoint? next) => new()
        {
            ["points"] = new JsonArray([.. shown.Select(item => (JsonNode)Show(item.Point, request, item.Value))]),
            ["next_page_offset"] = next?.Id.DeepClone(),
        };
    }

    /// <summary>A point as it is answered outside of queries.</summary>
    public static JsonObject Show(DoublePoint point, JsonObject request, JsonNode? order = null)
    {
        var shown = new JsonObject { ["id"] = point.Id.DeepClone() };
        if (point.ShowPayload(request["with_payload"] ?? true) is { } payload)
        {
            shown["payload"] = payload;
        }

        if (point.Show(request["with_vector"]) is { } vector)
        {
            shown["vector"] = vector;
        }

        if (order is not null)
        {
            shown["order_value"] = order;
        }

        return shown;
    }

    /// <summary>Points in the order of a field that has an index over its range.</summary>
    public IEnumerable<(DoublePoint Point, JsonNode? Value)> Order(List<DoublePoint> points, JsonObject order)
    {
        var key = (string)order["key"]!;
        if (TypeOf(key) is not ("integer" or "float" or "datetime"))
        {
            throw DoubleFailure.Wrong(
                $"No range index for `order_by` key: `{key}`. Please create one to use `order_by`. Check https://qdrant.tech/documentation/concepts/indexing/#payload-index to see which payload schemas support Range conditions");
        }

        var ordered = points.Where(point => point.Payload[key] is not null).Select(point => (Point: point, Value: DoubleFilter.Number(point.Payload[key]!)));
        ordered = (string?)order["direction"] == "desc" ? ordered.OrderByDescending(item => item.Value) : ordered.OrderBy(item => item.Value);
        return ordered.Select(item => (item.Point, (JsonNode?)JsonValue.Create((long)item.Value)));
    }

    public JsonArray Facet(JsonObject request)
    {
        var key = (string)request["key"]!;
        if (TypeOf(key) is null)
        {
            throw DoubleFailure.Wrong(
                $"No appropriate index for faceting: `{key}`. Please create one to facet on this field. Check https://qdrant.tech/documentation/concepts/indexing/#payload-index to see which payload schemas support Match conditions");
        }

        return new([.. Points.Values.Where(point => point.Payload[key] is not null && DoubleFilter.Matches(request["filter"] as JsonObject, point))
            .CountBy(point => (string)point.Payload[key]!).OrderByDescending(item => item.Value).ThenBy(item => item.Key, StringComparer.Ordinal)
            .Take(request["limit"] is { } limit ? (int)limit : 10).Select(item => (JsonNode)new JsonObject { ["value"] = item.Key, ["count"] = item.Value })]);
    }

    public string? TypeOf(string field) => Indexes[field] switch { JsonObject schema => (string)schema["type"]!, { } plain => (string)plain!, _ => null };

    private static int Compare((ulong Number, string Text) a, (ulong Number, string Text) b) =>
        a.Number != b.Number ? a.Number.CompareTo(b.Number) : string.CompareOrdinal(a.Text, b.Text);

    /// <summary>The vectors of a configuration by their names; the one without a name is "".</summary>
    private static Dictionary<string, JsonObject> Vectors(JsonObject config) => config["vectors"] switch
    {
        JsonObject one when one.ContainsKey("size") => new() { [""] = one },
        JsonObject many => many.ToDictionary(item => item.Key, item => (JsonObject)item.Value!, StringComparer.Ordinal),
        _ => [],
    };

    private static uint Murmur(string term)
    {
        uint hash = 0;
        var bytes = Encoding.UTF8.GetBytes(term);
        for (var i = 0; i < bytes.Length; i += 4)
        {
            uint block = 0;
            var length = Math.Min(4, bytes.Length - i);
            for (var at = length - 1; at >= 0; at--)
            {
                block = (block << 8) | bytes[i + at];
            }

            hash ^= uint.RotateLeft(block * 0xcc9e2d51, 15) * 0x1b873593;
            hash = length == 4 ? (uint.RotateLeft(hash, 13) * 5) + 0xe6546b64 : hash;
        }

        hash ^= (uint)bytes.Length;
        hash = (hash ^ (hash >> 16)) * 0x85ebca6b;
        hash = (hash ^ (hash >> 13)) * 0xc2b2ae35;
        return (uint)Math.Abs((int)(hash ^ (hash >> 16)));
    }

    private IEnumerable<DoublePoint> Read(JsonObject request)
    {
        if (request["batch"] is JsonObject batch)
        {
            foreach (var (i, id) in ((JsonArray)batch["ids"]!).Index())
            {
                var point = new DoublePoint(id!.DeepClone()) { Payload = (JsonObject)batch["payloads"]![i]!.DeepClone() };
                ReadVectors(point, new JsonObject(((JsonObject)batch["vectors"]!).Select(item => KeyValuePair.Create(item.Key, item.Value![i]?.DeepClone()))), i);
                yield return point;
            }

            yield break;
        }

        if (request["points"] is not JsonArray points)
        {
            throw DoubleFailure.Format("Invalid PointInsertOperations format");
        }

        foreach (var (i, item) in points.Index())
        {
            var id = item!["id"]!;
            if (id.GetValueKind() == JsonValueKind.String && !Guid.TryParse((string)id!, out _))
            {
                throw DoubleFailure.Format($"value {(string)id!} is not a valid point ID, valid values are either an unsigned integer or a UUID");
            }

            var point = new DoublePoint(id.DeepClone()) { Payload = (JsonObject?)item["payload"]?.DeepClone() ?? [] };
            ReadVectors(point, item["vector"]!, i);
            yield return point;
        }
    }

    private void ReadVectors(DoublePoint point, JsonNode vectors, int place)
    {
        var named = vectors is JsonArray only ? new JsonObject { [""] = only.DeepClone() } : (JsonObject)vectors;
        foreach (var (vector, value) in named)
        {
            RequireVector(vector);
            switch (value)
            {
                case JsonArray numbers:
                    var size = (int)Vectors(Config)[vector]["size"]!;
                    point.Dense[vector] = numbers.Count != size
                        ? throw DoubleFailure.Wrong($"Vector dimension error: expected dim: {size}, got {numbers.Count} for vector '{vector}'")
                        : Normalise(vector, numbers);
                    break;
                case JsonObject sparse when sparse["text"] is { } text:
                    point.Sparse[vector] = SparseOf((string)text!, isQuery: false);
                    break;
                case JsonObject sparse when ((JsonArray)sparse["indices"]!).Count != ((JsonArray)sparse["values"]!).Count:
                    throw new DoubleFailure(422, $"Validation error in JSON body: [points[{place}].vector.?.values: Validation error: must be the same length as indices [{{}}]]");
                case JsonObject sparse:
                    point.Sparse[vector] = ReadSparse(sparse);
                    break;
            }
        }
    }
}

/// <summary>Where a server puts points, which is its own choice: the shard of so many, and the segment in it.</summary>
internal sealed record DoublePlaces(Func<string, int, int> ShardOf, Func<string, int> SegmentOf);
