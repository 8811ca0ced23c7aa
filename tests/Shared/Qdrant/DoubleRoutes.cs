using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace MistralStudio.Tests.Shared.Qdrant;

/// <summary>The routes of the double over its collections and aliases.</summary>
internal sealed class DoubleRoutes(DoublePlaces places)
{
    private readonly SortedDictionary<string, DoubleCollection> _collections = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, string> _aliases = new(StringComparer.Ordinal);
    private readonly DoubleSnapshots _snapshots = new();
    private int _operation;

    public IEnumerable<string> Names => _collections.Keys;

    public DoubleCollection? Find(string name) => _collections.GetValueOrDefault(_aliases.GetValueOrDefault(name, name));

    /// <summary>A status with JSON, a text, bytes, or null for a route that there is not.</summary>
    public (int Status, object? Answer) Answer(HttpRequest request, byte[] body)
    {
        var path = request.Path.Value!.Trim('/').Split('/');
        var method = request.Method;
        switch (method, path)
        {
            case ("GET", [""]):
                return (200, new JsonObject { ["title"] = "qdrant - vector search engine", ["version"] = "1.18.3", ["commit"] = "db8fa43fcb6aedec1e739487e17a99731b74590a" });
            case ("GET", ["healthz" or "livez"]):
                return (200, "healthz check passed");
            case ("GET", ["readyz"]):
                return (200, "all shards are ready");
            case ("GET", ["cluster"]):
                return Ok(new JsonObject { ["status"] = "disabled" });
            case ("GET", ["aliases"]):
                return Ok(Aliases(_ => true));
            case ("GET", ["collections"]):
                return Ok(new JsonObject { ["collections"] = new JsonArray([.. _collections.Keys.Select(name => (JsonNode)new JsonObject { ["name"] = name })]) });
            case ("POST", ["collections", "aliases"]):
                return Ok(ChangeAliases(Parse(body)));
            case (_, ["collections", var name, .. var rest]):
                return OfCollection(method, Uri.UnescapeDataString(name), rest, request, body);
            default:
                return (404, null);
        }
    }

    private (int Status, object? Answer) OfCollection(string method, string name, string[] rest, HttpRequest request, byte[] body)
    {
        switch (method, rest)
        {
            case ("GET", ["exists"]):
                return Ok(new JsonObject { ["exists"] = Find(name) is not null });
            case ("PUT", []):
                return Ok(Create(name, Parse(body)));
            case ("DELETE", []):
                return Ok(_collections.Remove(name));
            case ("PUT", ["snapshots", "recover"]):
                throw new DoubleFailure(400, $"Bad request: Snapshot file \"{((string)Parse(body)["location"]!)["file://".Length..]}\" does not exist");
            case ("POST", ["snapshots", "upload"]):
                _collections[name] = _snapshots.Restore(name, request, body);
                return Ok(true);
        }

        var collection = Find(name) ?? throw DoubleFailure.NoCollection(name);
        switch (method, rest)
        {
            case ("GET", []):
                return Ok(DoubleInfo.Of(collection));
            case ("PATCH", []):
                Parse(body);
                return Ok(true);
            case ("GET", ["aliases"]):
                return Ok(Aliases(target => target == collection.Name));
            case ("GET", ["optimizations"]):
                return Ok(DoubleInfo.Optimizations());
            case ("GET", ["cluster"]):
                return Ok(DoubleInfo.Shards(collection));
            case ("PUT", ["index"]):
                var index = Parse(body);
                collection.Indexes[(string)index["field_name"]!] = index["field_schema"]!.DeepClone();
                return Done(request);
            case ("DELETE", ["index", var field]):
                collection.Indexes.Remove(field);
                return Done(request);
            case ("POST", ["facet"]):
                return Ok(new JsonObject { ["hits"] = collection.Facet(Parse(body)) });
            case (_, ["snapshots", .. var snapshot]):
                return _snapshots.Answer(method, collection, snapshot);
            case (_, ["points", .. var points]):
                return OfPoints(method, collection, points, request, body);
            default:
                return (404, null);
        }
    }

    private (int Status, object? Answer) OfPoints(string method, DoubleCollection collection, string[] rest, HttpRequest request, byte[] body)
    {
        switch (method, rest)
        {
            case ("PUT", []):
                collection.Upsert(Parse(body));
                return Done(request);
            case ("POST", []):
                var wanted = Parse(body);
                return Ok(new JsonArray([.. collection.Select(new() { ["points"] = wanted["ids"]!.DeepClone() }).Select(point => (JsonNode)DoubleCollection.Show(point, wanted))]));
            case ("GET", [var id]):
                var found = collection.Points.GetValueOrDefault(Guid.TryParse(id, out var guid) ? guid.ToString() : id)
                    ?? throw new DoubleFailure(404, $"Not found: Point with id {id} does not exists!");
                return Ok(DoubleCollection.Show(found, new() { ["with_payload"] = true, ["with_vector"] = true }));
            case ("POST", ["query"]):
                return Ok(new JsonObject { ["points"] = Query(collection, Parse(body)) });
            case ("POST", ["query", "batch"]):
                return Ok(new JsonArray([.. ((JsonArray)Parse(body)["searches"]!).Select(search => (JsonNode)new JsonObject { ["points"] = Query(collection, (JsonObject)search!) })]));
            case ("POST", ["query", "groups"]):
                return Ok(new JsonObject { ["groups"] = new DoubleQuery(collection).RunGroups(Parse(body)) });
            case ("POST", ["scroll"]):
                return Ok(collection.Scroll(Parse(body)));
            case ("POST", ["count"]):
                return Ok(new JsonObject { ["count"] = collection.Select(new() { ["filter"] = Parse(body)["filter"]?.DeepClone() }).Count });
            case ("POST", ["delete"]):
                collection.Delete(Parse(body));
                return Done(request);
            case ("POST" or "PUT", ["payload"]):
                SetPayload(collection, Parse(body), replaces: method == "PUT");
                return Done(request);
            case ("POST", ["payload", "delete"]):
                var removal = Parse(body);
                collection.Select(removal).ForEach(point => ((JsonArray)removal["keys"]!).ToList().ForEach(key => point.Payload.Remove((string)key!)));
                return Done(request);
            case ("POST", ["payload", "clear"]):
                collection.Select(Parse(body)).ForEach(point => point.Payload = []);
                return Done(request);
            case ("PUT", ["vectors"]):
                collection.UpdateVectors((JsonArray)Parse(body)["points"]!);
                return Done(request);
            case ("POST", ["vectors", "delete"]):
                var names = Parse(body);
                collection.Select(names).ForEach(point => ((JsonArray)names["vectors"]!).ToList().ForEach(name => point.Sparse.Remove((string)name!)));
                return Done(request);
            case ("POST", ["batch"]):
                return Ok(new JsonArray([.. ((JsonArray)Parse(body)["operations"]!).Select(operation => (JsonNode)Do(collection, (JsonObject)operation!))]));
            default:
                return (404, null);
        }
    }

    private JsonObject Do(DoubleCollection collection, JsonObject operation)
    {
        var (name, content) = operation.Single();
        switch (name)
        {
            case "upsert":
                collection.Upsert((JsonObject)content!);
                break;
            case "set_payload":
                SetPayload(collection, (JsonObject)content!, replaces: false);
                break;
            case "delete":
                collection.Delete((JsonObject)content!);
                break;
            default:
                throw DoubleFailure.Format($"unknown variant `{name}`");
        }

        return Operation("completed");
    }

    private static JsonArray Query(DoubleCollection collection, JsonObject request)
    {
        collection.CountRead(request);
        return new DoubleQuery(collection).Run(request);
    }

    private static void SetPayload(DoubleCollection collection, JsonObject request, bool replaces)
    {
        foreach (var point in collection.Select(request))
        {
            point.Payload = replaces ? [] : point.Payload;
            foreach (var (field, value) in (JsonObject)request["payload"]!)
            {
                point.Payload[field] = value?.DeepClone();
            }
        }
    }

    private bool Create(string name, JsonObject config)
    {
        if (name.Contains('/', StringComparison.Ordinal))
        {
            throw new DoubleFailure(422, "Validation error in path parameters: [collection_name: collection name cannot contain \"/\" char]");
        }

        DoubleCollection.Check(config);
        if (_collections.ContainsKey(name))
        {
            throw new DoubleFailure(409, $"Wrong input: Collection `{name}` already exists!");
        }

        if (_aliases.ContainsKey(name))
        {
            throw DoubleFailure.Wrong($"Can't create collection with name {name}. Alias with the same name already exists");
        }

        _collections[name] = new(name, config, places);
        return true;
    }

    private bool ChangeAliases(JsonObject request)
    {
        foreach (var action in (JsonArray)request["actions"]!)
        {
            var (what, content) = ((JsonObject)action!).Single();
            switch (what)
            {
                case "create_alias":
                    var target = (string)content!["collection_name"]!;
                    _aliases[(string)content["alias_name"]!] = _collections.ContainsKey(target) ? target : throw DoubleFailure.NoCollection(target);
                    break;
                case "delete_alias":
                    _aliases.Remove((string)content!["alias_name"]!);
                    break;
                default:
                    _aliases.Remove((string)content!["old_alias_name"]!, out var renamed);
                    _aliases[(string)content["new_alias_name"]!] = renamed!;
                    break;
            }
        }

        return true;
    }

    private JsonObject Aliases(Func<string, bool> of) => new()
    {
        ["aliases"] = new JsonArray([.. _aliases.Where(alias => of(alias.Value))
            .Select(alias => (JsonNode)new JsonObject { ["alias_name"] = alias.Key, ["collection_name"] = alias.Value })]),
    };

    private (int Status, object? Answer) Done(HttpRequest request) => Ok(Operation(request.Query["wait"] == "true" ? "completed" : "acknowledged"));

    private JsonObject Operation(string status) => new() { ["operation_id"] = ++_operation, ["status"] = status };

    public static (int Status, object? Answer) Ok(JsonNode result) => (200, new JsonObject { ["result"] = result, ["status"] = "ok", ["time"] = 0.0 });

    private static JsonObject Parse(byte[] body)
    {
        try
        {
            return (JsonObject)JsonNode.Parse(body)!;
        }
        catch (JsonException)
        {
            throw DoubleFailure.Format("EOF while parsing a list");
        }
    }
}
