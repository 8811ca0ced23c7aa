using System.Text.Json;
using System.Text.Json.Nodes;

namespace MistralStudio.Tests.Shared.Qdrant;

/// <summary>Qdrant's queries: the nearest by numbers or words, fusions of prefetched lists, and what else its interface offers.</summary>
internal sealed class DoubleQuery(DoubleCollection collection)
{
    private const int UsualLimit = 10;

    private readonly record struct Hit(DoublePoint Point, double Score, JsonNode? OrderValue = null);

    /// <summary>The points of one query, as they are answered.</summary>
    public JsonArray Run(JsonObject request) => new([.. Find(request, null).Select(hit => (JsonNode)Show(hit, request))]);

    /// <summary>The best points by a field of theirs, grouped by its values.</summary>
    public JsonArray RunGroups(JsonObject request)
    {
        var by = (string)request["group_by"]!;
        var (limit, size) = ((int)request["limit"]!, (int)request["group_size"]!);
        var all = (JsonObject)request.DeepClone();
        all["limit"] = int.MaxValue;
        var groups = Find(all, by).GroupBy(hit => (string)hit.Point.Payload[by]!, StringComparer.Ordinal).Take(limit);
        return new([.. groups.Select(group => (JsonNode)new JsonObject
        {
            ["hits"] = new JsonArray([.. group.Take(size).Select(hit => (JsonNode)Show(hit, request))]),
            ["id"] = group.Key,
        })]);
    }

    private static JsonObject Show(Hit hit, JsonObject request)
    {
        var shown = new JsonObject { ["id"] = hit.Point.Id.DeepClone(), ["version"] = 0, ["score"] = (float)hit.Score };
        if (hit.Point.ShowPayload(request["with_payload"]) is { } payload)
        {
            shown["payload"] = payload;
        }

        if (hit.Point.Show(request["with_vector"]) is { } vector)
        {
            shown["vector"] = vector;
        }

        if (hit.OrderValue is { } order)
        {
            shown["order_value"] = order.DeepClone();
        }

        return shown;
    }

    private List<Hit> Find(JsonObject request, string? mustHave)
    {
        var limit = request["limit"] is { } number ? (int)number : UsualLimit;
        if (limit < 1)
        {
            throw new DoubleFailure(422, "Validation error in JSON body: [internal.limit: value 0 invalid, must be 1 or larger]");
        }

        var offset = request["offset"] is { } skipped ? (int)skipped : 0;
        var lists = (request["prefetch"] switch { JsonArray many => many.Select(one => (JsonObject)one!), JsonObject one => [one], _ => [] })
            .Select(prefetch => Find(prefetch, mustHave)).ToList();
        var found = lists.Count > 0 ? Fuse(request["query"], lists) : Nearest(request, mustHave);
        if (request["score_threshold"] is { } threshold)
        {
            found = [.. found.Where(hit => hit.Score >= DoubleFilter.Number(threshold))];
        }

        return [.. found.Skip(offset).Take(limit)];
    }

    private List<Hit> Nearest(JsonObject request, string? mustHave)
    {
        var points = collection.Points.Values.Where(point => DoubleFilter.Matches(request["filter"] as JsonObject, point)
            && (mustHave is null || point.Payload.ContainsKey(mustHave))).ToList();
        var query = request["query"];
        var name = request["using"] is { } given ? (string)given! : "";
        if (query is JsonObject { } order && order["order_by"] is JsonObject orderBy)
        {
            return [.. collection.Order(points, orderBy).Select(item => new Hit(item.Point, 1, item.Value))];
        }

        collection.RequireVector(name);
        return query switch
        {
            null => [.. points.OrderBy(point => point.Order).Select(point => new Hit(point, 1))],
            JsonArray vector => ByVector(points, name, collection.Normalise(name, vector)),
            JsonObject sparse when sparse["indices"] is JsonArray => BySparse(points, name, DoubleCollection.ReadSparse(sparse)),
            JsonObject text when text["text"] is not null => BySparse(points, name, DoubleCollection.SparseOf((string)text["text"]!, isQuery: true)),
            JsonObject nearest when nearest["nearest"] is JsonArray vector && nearest["mmr"] is JsonObject mmr =>
                Spread(ByVector(points, name, collection.Normalise(name, vector)), name, mmr, request["limit"] is { } limit ? (int)limit : UsualLimit),
            JsonObject nearest when nearest["nearest"] is JsonArray vector => ByVector(points, name, collection.Normalise(name, vector)),
            JsonObject recommend when recommend["recommend"] is JsonObject examples => Recommend(points, name, examples),
            JsonValue id => ByVector([.. points.Where(point => point.IdKey != DoublePoint.IdText(id))], name, collection.Points[DoublePoint.IdText(id)].Dense[name]),
            _ => throw DoubleFailure.Format("Expected some form of vector, id, or a type of query"),
        };
    }

    private List<Hit> ByVector(List<DoublePoint> points, string name, float[] query) => Ordered(points.Where(point => point.Dense.ContainsKey(name))
        .Select(point => new Hit(point, Dot(query, point.Dense[name]))));

    private List<Hit> BySparse(List<DoublePoint> points, string name, Dictionary<uint, float> query)
    {
        // Rarity is counted in each shard by itself.
        var rarities = collection.Points.Values.Where(point => point.Sparse.ContainsKey(name)).GroupBy(collection.ShardOf)
            .ToDictionary(shard => shard.Key, shard => query.Keys.ToDictionary(
                term => term,
                term => Rarity(shard.Count(), shard.Count(point => point.Sparse[name].ContainsKey(term)))));
        return Ordered(points.Where(point => point.Sparse.TryGetValue(name, out var sparse) && sparse.Keys.Any(query.ContainsKey)).Select(point => new Hit(
            point, point.Sparse[name].Sum(term => query.TryGetValue(term.Key, out var weight) ? weight * term.Value * rarities[collection.ShardOf(point)][term.Key] : 0))));
    }

    private static double Rarity(int points, int having) => Math.Log(1 + ((points - having + .5) / (having + .5)));

    private List<Hit> Recommend(List<DoublePoint> points, string name, JsonObject examples)
    {
        var (liked, disliked) = (Keys("positive"), Keys("negative"));
        var wanted = Mean(liked);
        if (disliked.Count > 0)
        {
            wanted = [.. wanted.Zip(Mean(disliked), (a, b) => (2 * a) - b)];
        }

        return ByVector([.. points.Where(point => !liked.Contains(point.IdKey) && !disliked.Contains(point.IdKey))], name, DoubleCollection.Unit(wanted));

        List<string> Keys(string which) => [.. ((JsonArray?)examples[which] ?? []).Select(id => DoublePoint.IdText(id!))];

        float[] Mean(List<string> ids)
        {
            var vectors = ids.Select(id => collection.Points[id].Dense[name]).ToList();
            return [.. Enumerable.Range(0, vectors[0].Length).Select(i => vectors.Average(vector => vector[i]))];
        }
    }

    private static List<Hit> Spread(List<Hit> ranked, string name, JsonObject mmr, int limit)
    {
        var diversity = DoubleFilter.Number(mmr["diversity"]!);
        var left = ranked.Take((int)mmr["candidates_limit"]!).ToList();
        var chosen = new List<Hit>();
        while (chosen.Count < limit && left.Count > 0)
        {
            var next = left.MaxBy(hit => ((1 - diversity) * hit.Score)
                - (chosen.Count == 0 ? 0 : diversity * chosen.Max(other => Dot(other.Point.Dense[name], hit.Point.Dense[name]))));
            chosen.Add(next);
            left.Remove(next);
        }

        return chosen;
    }

    private List<Hit> Fuse(JsonNode? query, List<List<Hit>> lists)
    {
        if (query is JsonObject { } formula && formula["formula"] is JsonNode expression)
        {
            return Ordered(lists.SelectMany(list => list).DistinctBy(hit => hit.Point.IdKey)
                .Select(hit => hit with { Score = Evaluate(expression, hit) }));
        }

        var fusion = (query as JsonObject)?["fusion"] is { } named ? (string)named! : null;
        var rrf = (query as JsonObject)?["rrf"] as JsonObject;
        if (fusion is not ("rrf" or "dbsf") && rrf is null)
        {
            throw DoubleFailure.Format("Expected some form of vector, id, or a type of query");
        }

        var k = rrf?["k"] is { } given ? (double)(int)given : 2;
        var sums = new Dictionary<string, (DoublePoint Point, double Score)>(StringComparer.Ordinal);
        foreach (var (i, list) in lists.Index())
        {
            var weight = rrf?["weights"] is JsonArray weights ? DoubleFilter.Number(weights[i]!) : 1;
            foreach (var (place, hit) in list.Index())
            {
                var part = fusion == "dbsf" ? Standardise(list, hit.Score) : 1 / (((place + 1) / weight) + k - 1);
                sums[hit.Point.IdKey] = (hit.Point, part + (sums.TryGetValue(hit.Point.IdKey, out var other) ? other.Score : 0));
            }
        }

        // Of equal ones, those of the first list come first.
        return [.. sums.Values.Select(sum => new Hit(sum.Point, sum.Score)).OrderByDescending(hit => (float)Math.Round(hit.Score, 6))];
    }

    // The place of a score between three deviations below and above the mean.
    private static double Standardise(List<Hit> list, double score)
    {
        var mean = list.Average(hit => hit.Score);
        var deviation = Math.Sqrt(list.Sum(hit => (hit.Score - mean) * (hit.Score - mean)) / (list.Count - 1));
        return (score - mean + (3 * deviation)) / (6 * deviation);
    }

    private static double Evaluate(JsonNode expression, Hit hit) => expression switch
    {
        JsonValue value when value.GetValueKind() == JsonValueKind.String => hit.Score,
        JsonValue value => DoubleFilter.Number(value),
        JsonObject sum when sum["sum"] is JsonArray parts => parts.Sum(part => Evaluate(part!, hit)),
        JsonObject product when product["mult"] is JsonArray parts => parts.Aggregate(1.0, (a, part) => a * Evaluate(part!, hit)),
        JsonObject condition => DoubleFilter.Matches(new() { ["must"] = new JsonArray(condition.DeepClone()) }, hit.Point) ? 1 : 0,
        _ => 0,
    };

    // As it was seen: of equal ones, those of one segment come together, and in it those that were written later come first.
    private List<Hit> Ordered(IEnumerable<Hit> hits) => [.. hits.OrderByDescending(hit => (float)Math.Round(hit.Score, 6))
        .ThenBy(hit => collection.SegmentOf(hit.Point)).ThenByDescending(hit => hit.Point.Written)];

    private static double Dot(float[] a, float[] b) => a.Zip(b, (x, y) => (double)x * y).Sum();
}
