using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using MistralStudio.Tests.Shared.Servers;

namespace MistralStudio.Tests.Shared.Qdrant;

/// <summary>
/// A server that answers as Qdrant 1.18.3 does, as far as its requests were recorded; it keeps its collections in memory. What it does on bad
/// days is a test's choice.
/// </summary>
public sealed class QdrantDouble : IAsyncDisposable
{
    private readonly LocalServer _server;
    private readonly DoubleRoutes _routes;

    private QdrantDouble(LocalServer server, DoubleRoutes routes) => (_server, _routes) = (server, routes);

    /// <summary>Where it is.</summary>
    public Uri Url => _server.Url;

    /// <summary>The key that it asks for; null: none.</summary>
    public string? ApiKey { get; set; }

    /// <summary>A key that may read and not write.</summary>
    public string? ReadKey { get; set; }

    /// <summary>Longest body, bytes.</summary>
    public int BodyLimit { get; set; } = 32 << 20;

    /// <summary>While true it ends each connection without an answer.</summary>
    public bool IsDown { get; set; }

    /// <summary>Answers these before it looks at a request: a status each, then as usual.</summary>
    public Queue<(int Status, int? RetryAfter)> Failures { get; } = new();

    /// <summary>Ends the connections of so many requests without an answer, then answers as usual.</summary>
    public int Drops { get; set; }

    /// <summary>Method and path of each request, in order.</summary>
    public List<string> Requests { get; } = [];

    /// <summary>Method, path and JSON body of each request that had one, in order.</summary>
    public List<(string Method, string Path, string Body)> Bodies { get; } = [];

    /// <summary>Starts one.</summary>
    /// <param name="shardOf">Which shard of so many a point (by its id) is in; null: the first.</param>
    /// <param name="segmentOf">Which segment it is in; null: the first.</param>
    public static async Task<QdrantDouble> StartAsync(Func<string, int, int>? shardOf = null, Func<string, int>? segmentOf = null)
    {
        var routes = new DoubleRoutes(new(shardOf ?? ((_, _) => 0), segmentOf ?? (_ => 0)));
        QdrantDouble? self = null;
        var server = await LocalServer.StartAsync(http => self!.AnswerAsync(http));
        return self = new(server, routes);
    }

    /// <summary>How many points a collection has, by its name or alias; -1 where there is none.</summary>
    public int Count(string collection)
    {
        lock (_routes)
        {
            return _routes.Find(collection)?.Points.Count ?? -1;
        }
    }

    /// <summary>Names of the collections.</summary>
    public IReadOnlyList<string> Collections()
    {
        lock (_routes)
        {
            return [.. _routes.Names];
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task AnswerAsync(HttpContext http)
    {
        using var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body);
        lock (_routes)
        {
            Requests.Add($"{http.Request.Method} {http.Request.Path}");
            if (body.Length > 0 && http.Request.ContentType?.StartsWith("application/json", StringComparison.Ordinal) == true)
            {
                Bodies.Add((http.Request.Method, http.Request.Path, Encoding.UTF8.GetString(body.ToArray())));
            }

            if (IsDown || Drops > 0)
            {
                Drops = Math.Max(0, Drops - 1);
                http.Abort();
                return;
            }
        }

        var (status, answer, retryAfter) = Answer(http, body.ToArray());
        http.Response.StatusCode = status;
        if (retryAfter is { } seconds)
        {
            http.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        }

        switch (answer)
        {
            case null:
                // An unknown route: nothing is said, and the connection is closed.
                http.Response.Headers.Connection = "close";
                break;
            case byte[] bytes:
                http.Response.ContentType = "application/octet-stream";
                await http.Response.Body.WriteAsync(bytes);
                break;
            case string text:
                http.Response.ContentType = status == 401 ? null : "text/plain; charset=utf-8";
                await http.Response.WriteAsync(text);
                break;
            default:
                http.Response.ContentType = "application/json";
                await http.Response.WriteAsync(((JsonNode)answer).ToJsonString());
                break;
        }
    }

    private (int Status, object? Answer, int? RetryAfter) Answer(HttpContext http, byte[] body)
    {
        try
        {
            lock (_routes)
            {
                if (Failures.TryDequeue(out var chosen))
                {
                    return (chosen.Status, Error("Service unavailable"), chosen.RetryAfter);
                }

                if (Refuse(http) is { } refused)
                {
                    return refused;
                }

                if (body.Length > BodyLimit)
                {
                    throw new DoubleFailure(400, $"JSON payload ({body.Length} bytes) is larger than allowed (limit: {BodyLimit} bytes).");
                }

                var (status, answer) = _routes.Answer(http.Request, body);
                return (status, answer, null);
            }
        }
        catch (DoubleFailure failure)
        {
            return (failure.Status, Error(failure.Message), failure.RetryAfter);
        }
        catch (Exception fault)
        {
            // A fault of the double itself, which a test is to see.
            return (500, Error(fault.ToString()), null);
        }
    }

    private (int Status, object? Answer, int? RetryAfter)? Refuse(HttpContext http)
    {
        if (ApiKey is null || http.Request.Path.Value is "/" or "/healthz" or "/readyz" or "/livez")
        {
            return null;
        }

        var key = http.Request.Headers["api-key"].FirstOrDefault() ?? http.Request.Headers.Authorization.FirstOrDefault()?.Replace("Bearer ", "", StringComparison.Ordinal);
        if (key is null)
        {
            return (401, "Must provide an API key or an Authorization bearer token", null);
        }

        if (key == ApiKey)
        {
            return null;
        }

        if (key != ReadKey)
        {
            return (401, "Invalid API key or JWT", null);
        }

        var reads = http.Request.Method == "GET" || (http.Request.Method == "POST" && http.Request.Path.Value!.Split('/')[^1] is "count" or "query" or "batch" or "scroll" or "facet" or "points");
        return reads ? null : (403, Error("Forbidden: Global manage access is required"), null);
    }

    private static JsonObject Error(string message) => new() { ["status"] = new JsonObject { ["error"] = message }, ["time"] = 0.0 };
}
