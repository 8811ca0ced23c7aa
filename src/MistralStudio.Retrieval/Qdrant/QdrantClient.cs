using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Options;

namespace MistralStudio.Retrieval.Qdrant;

/// <summary>
/// Qdrant's REST interface, the part that is used: https://api.qdrant.tech/api-reference. All requests may be sent again: points have ids of
/// their own, and deleting twice is deleting.
/// </summary>
internal sealed class QdrantClient : IDisposable
{
    private const int LongestReason = 300;
    private const int MostAttempts = 4;

    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(30);

    private readonly HttpMessageInvoker _http;
    private readonly QdrantOptions _options;
    private readonly TimeProvider _time;
    private readonly Uri _root;

    public QdrantClient(IOptions<QdrantOptions> options, TimeProvider time)
        : this(options.Value, time, new SocketsHttpHandler
        {
            // The administrator's own server: no proxy of the environment, no redirect to elsewhere.
            UseProxy = false,
            AllowAutoRedirect = false,
            ConnectTimeout = TimeSpan.FromSeconds(5),
            PooledConnectionLifetime = TimeSpan.FromMinutes(10),
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
            AutomaticDecompression = DecompressionMethods.All,
        })
    {
    }

    internal QdrantClient(QdrantOptions options, TimeProvider time, HttpMessageHandler handler)
    {
        (_options, _time) = (options, time);
        _root = new Uri(options.IsSet ? options.Url.TrimEnd('/') + "/" : "http://localhost:6333/");
        _http = new(handler);
    }

    /// <summary>Whether a server is set up.</summary>
    public bool IsSet => _options.IsSet;

    /// <summary>Where it is.</summary>
    public Uri Root => _root;

    /// <summary>Its version.</summary>
    public async Task<string> VersionAsync(CancellationToken cancellationToken) =>
        (await SendAsync(HttpMethod.Get, "", null, waits: false, cancellationToken)).GetProperty("version").GetString() ?? "";

    /// <summary>What a collection is; null where there is none of that name or alias.</summary>
    public Task<JsonElement?> FindCollectionAsync(string collection, CancellationToken cancellationToken) =>
        FindAsync($"collections/{collection}", cancellationToken);

    /// <summary>Makes a collection; false where it is there already.</summary>
    public async Task<bool> CreateCollectionAsync(string collection, JsonObject schema, CancellationToken cancellationToken)
    {
        try
        {
            await ResultAsync(HttpMethod.Put, $"collections/{collection}", schema, waits: true, cancellationToken);
            return true;
        }
        catch (QdrantException exception) when (exception.Status == HttpStatusCode.Conflict)
        {
            return false;
        }
    }

    /// <summary>Changes a collection's parameters.</summary>
    public Task ChangeCollectionAsync(string collection, JsonObject change, CancellationToken cancellationToken) =>
        ResultAsync(HttpMethod.Patch, $"collections/{collection}", change, waits: true, cancellationToken);

    /// <summary>Removes a collection, if it is there.</summary>
    public Task DeleteCollectionAsync(string collection, CancellationToken cancellationToken) =>
        ResultAsync(HttpMethod.Delete, $"collections/{collection}", null, waits: true, cancellationToken);

    /// <summary>Makes an index over a field of payloads.</summary>
    public Task CreateIndexAsync(string collection, string field, JsonNode schema, CancellationToken cancellationToken) => ResultAsync(
        HttpMethod.Put, $"collections/{collection}/index?wait=true", new() { ["field_name"] = field, ["field_schema"] = schema }, waits: true, cancellationToken);

    /// <summary>Aliases with the collections that they stand for.</summary>
    public async Task<Dictionary<string, string>> AliasesAsync(CancellationToken cancellationToken) =>
        (await ResultAsync(HttpMethod.Get, "aliases", null, waits: true, cancellationToken)).GetProperty("aliases").EnumerateArray()
            .ToDictionary(item => item.GetProperty("alias_name").GetString()!, item => item.GetProperty("collection_name").GetString()!, StringComparer.Ordinal);

    /// <summary>Lets an alias stand for a collection, in one step where it stood for another.</summary>
    public async Task PointAliasAsync(string alias, string collection, bool isThere, CancellationToken cancellationToken)
    {
        var actions = new JsonArray();
        if (isThere)
        {
            actions.Add(new JsonObject { ["delete_alias"] = new JsonObject { ["alias_name"] = alias } });
        }

        actions.Add(new JsonObject { ["create_alias"] = new JsonObject { ["collection_name"] = collection, ["alias_name"] = alias } });
        await ResultAsync(HttpMethod.Post, "collections/aliases", new() { ["actions"] = actions }, waits: true, cancellationToken);
    }

    /// <summary>Writes points; they can be found when this returns.</summary>
    public Task UpsertAsync(string collection, JsonArray points, CancellationToken cancellationToken) =>
        ResultAsync(HttpMethod.Put, $"collections/{collection}/points?wait=true", new() { ["points"] = points }, waits: true, cancellationToken);

    /// <summary>Removes points by their ids or a filter: <c>{"points":[..]}</c> or <c>{"filter":{..}}</c>.</summary>
    public Task DeleteAsync(string collection, JsonObject which, CancellationToken cancellationToken) =>
        ResultAsync(HttpMethod.Post, $"collections/{collection}/points/delete?wait=true", which, waits: true, cancellationToken);

    /// <summary>Sets fields of the payloads of points that a filter finds.</summary>
    public Task SetPayloadAsync(string collection, JsonObject payload, JsonObject filter, CancellationToken cancellationToken) => ResultAsync(
        HttpMethod.Post, $"collections/{collection}/points/payload?wait=true", new() { ["payload"] = payload, ["filter"] = filter }, waits: true, cancellationToken);

    /// <summary>Several queries by one request; the points of each.</summary>
    public async Task<IReadOnlyList<JsonElement>> QueryAsync(string collection, JsonArray searches, CancellationToken cancellationToken) =>
        [.. (await ResultAsync(HttpMethod.Post, $"collections/{collection}/points/query/batch", new() { ["searches"] = searches }, waits: false, cancellationToken))
            .EnumerateArray().Select(found => found.GetProperty("points"))];

    /// <summary>Points by their ids.</summary>
    public async Task<JsonElement> RetrieveAsync(string collection, JsonObject request, CancellationToken cancellationToken) =>
        await ResultAsync(HttpMethod.Post, $"collections/{collection}/points", request, waits: false, cancellationToken);

    /// <summary>All points that a filter finds, page by page.</summary>
    /// <param name="shown">What of them: <c>with_payload</c>, <c>with_vector</c>.</param>
    public async IAsyncEnumerable<JsonElement> ScrollAsync(
        string collection, JsonObject filter, JsonObject shown, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        JsonNode? offset = null;
        do
        {
            var request = (JsonObject)shown.DeepClone();
            request["filter"] = filter.DeepClone();
            request["limit"] = _options.Batch;
            if (offset is not null)
            {
                request["offset"] = offset;
            }

            var page = await ResultAsync(HttpMethod.Post, $"collections/{collection}/points/scroll", request, waits: true, cancellationToken);
            foreach (var point in page.GetProperty("points").EnumerateArray())
            {
                yield return point;
            }

            var next = page.GetProperty("next_page_offset");
            offset = next.ValueKind == JsonValueKind.Null ? null : JsonNode.Parse(next.GetRawText());
        }
        while (offset is not null);
    }

    /// <summary>How many points a filter finds.</summary>
    public async Task<long> CountAsync(string collection, JsonObject filter, CancellationToken cancellationToken) =>
        (await ResultAsync(
            HttpMethod.Post, $"collections/{collection}/points/count", new() { ["filter"] = filter, ["exact"] = true }, waits: false, cancellationToken))
        .GetProperty("count").GetInt64();

    /// <summary>The values of an indexed field among the points that a filter finds.</summary>
    public async Task<IReadOnlyList<string>> FacetAsync(string collection, string field, JsonObject filter, CancellationToken cancellationToken) =>
        [.. (await ResultAsync(
                HttpMethod.Post, $"collections/{collection}/facet", new() { ["key"] = field, ["filter"] = filter, ["limit"] = 100, ["exact"] = true }, waits: false, cancellationToken))
            .GetProperty("hits").EnumerateArray().Select(hit => hit.GetProperty("value").GetString()!)];

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private async Task<JsonElement?> FindAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            return await ResultAsync(HttpMethod.Get, path, null, waits: false, cancellationToken);
        }
        catch (QdrantException exception) when (exception.Status == HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    private async Task<JsonElement> ResultAsync(HttpMethod method, string path, JsonObject? body, bool waits, CancellationToken cancellationToken) =>
        (await SendAsync(method, path, body, waits, cancellationToken)).GetProperty("result");

    /// <param name="waits">Whether it is worth waiting for a busy server: writes are; a person who searches is told.</param>
    private async Task<JsonElement> SendAsync(HttpMethod method, string path, JsonObject? body, bool waits, CancellationToken cancellationToken)
    {
        var bytes = body is null ? null : JsonSerializer.SerializeToUtf8Bytes(body);
        for (var attempt = 1; ; attempt++)
        {
            QdrantException failure;
            TimeSpan? retryAfter = null;
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(_options.Timeout);
            try
            {
                using var request = new HttpRequestMessage(method, new Uri(_root, path));
                if (bytes is not null)
                {
                    request.Content = new ByteArrayContent(bytes) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
                }

                if (_options.ApiKey.Length > 0)
                {
                    request.Headers.Add("api-key", _options.ApiKey);
                }

                using var response = await _http.SendAsync(request, limit.Token);
                if (response.IsSuccessStatusCode)
                {
                    await using var stream = await response.Content.ReadAsStreamAsync(limit.Token);
                    using var json = await JsonDocument.ParseAsync(stream, default, limit.Token);
                    return json.RootElement.Clone();
                }

                retryAfter = response.Headers.RetryAfter?.Delta;
                failure = Failure(response.StatusCode, Reason(await response.Content.ReadAsStringAsync(limit.Token)));
            }
            catch (Exception exception) when (exception is HttpRequestException or IOException or JsonException)
            {
                failure = new(QdrantErrors.DoesNotAnswer(_root, (exception.InnerException ?? exception).Message.TrimEnd('.')), null, exception);
            }
            catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
            {
                failure = new(QdrantErrors.DoesNotAnswer(_root, "it took too long"), HttpStatusCode.RequestTimeout, exception);
            }

            // A kept connection that the server closed meanwhile fails once; the next attempt has a fresh one.
            if (!failure.IsPassing || failure.Status is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden || attempt >= (waits ? MostAttempts : 2))
            {
                throw failure;
            }

            var pause = retryAfter ?? (failure.Status is null && attempt == 1 ? TimeSpan.Zero : TimeSpan.FromMilliseconds(100 << attempt));
            if (!waits && pause > TimeSpan.FromSeconds(1))
            {
                throw failure;
            }

            await Task.Delay(pause < s_longestPause ? pause : s_longestPause, _time, cancellationToken);
        }
    }

    private QdrantException Failure(HttpStatusCode status, string reason) => status switch
    {
        HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => new(QdrantErrors.Refused(_root, status, reason), status),
        HttpStatusCode.TooManyRequests => new(QdrantErrors.Busy(_root), status),
        >= HttpStatusCode.InternalServerError => new(QdrantErrors.DoesNotAnswer(_root, reason.Length == 0 ? $"it answered {(int)status}" : reason), status),
        _ => new(QdrantErrors.Failed(_root, status, reason), status),
    };

    /// <summary>Failures are <c>{"status":{"error":".."}}</c>, a plain text (401, some 404) or nothing (an unknown route).</summary>
    private static string Reason(string body)
    {
        var reason = body;
        try
        {
            using var json = JsonDocument.Parse(body);
            if (json.RootElement.TryGetProperty("status", out var status) && status.ValueKind == JsonValueKind.Object
                && status.TryGetProperty("error", out var error))
            {
                reason = error.GetString() ?? "";
            }
        }
        catch (JsonException)
        {
            // It is the reason itself.
        }

        return reason.Length <= LongestReason ? reason : reason[..LongestReason];
    }
}
