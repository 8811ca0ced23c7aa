using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using MistralStudio.Tests.Shared;
using MistralStudio.Tests.Shared.Qdrant;

namespace MistralStudio.Retrieval.Tests.Qdrant;

/// <summary>The double answers each request that was recorded from a real server as that answered it, so that tests against it mean something.</summary>
public sealed partial class RecordedRequestsTests
{
    private const double Tolerance = 1e-4;
    private const string RecordedSnapshot = "kb_v1-8990039123626077-2026-11-23-15-59-51.snapshot";
    private const string RecordedChecksum = "b7e685cd29bbe63295cc21c8410a25df8440b9d8a3b9254ecf10fc9b13cdd5c7";

    // What another run of the same server says otherwise: times, counters, names that hold a time, and the sizes of its files.
    private static readonly HashSet<string> s_ofARun =
        ["time", "operation_id", "version", "creation_time", "size", "checksum", "indexed_vectors_count", "segments_count"];

    // Which shard a point went to is the server's choice; the recorded scores of words tell it, because rarity is counted in each shard. So does
    // the order of equal ones tell the segment.
    private static readonly HashSet<string> s_firstShard =
        ["00000000-0000-4000-8000-000000000000", "00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000005", "00000000-0000-4000-8000-000000000010", "10", "8"];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task EachRecordedRequest_IsAnsweredAsItWas()
    {
        var lines = await File.ReadAllLinesAsync(SharedData.Require("data", "qdrant", "wire.jsonl"), Cancellation);
        await using var server = await QdrantDouble.StartAsync((id, shards) => shards == 1 || s_firstShard.Contains(id) ? 0 : 1, id => id.EndsWith("0004", StringComparison.Ordinal) ? 1 : 0);
        using var http = new HttpMessageInvoker(new SocketsHttpHandler { UseProxy = false });
        var wrong = new List<string>();
        var (snapshot, checksum, bytes) = ("", "", Array.Empty<byte>());
        foreach (var line in lines)
        {
            var recorded = (JsonObject)JsonNode.Parse(line)!;
            var name = (string)recorded["name"]!;
            server.ApiKey = name.StartsWith("auth:", StringComparison.Ordinal) ? "test-key" : null;
            server.ReadKey = "test-read-key";
            server.BodyLimit = name.StartsWith("request over the body limit", StringComparison.Ordinal) ? 1 << 20 : 32 << 20;
            using var response = await SendAsync(recorded, name);
            var body = await response.Content.ReadAsByteArrayAsync(Cancellation);
            if (name == "snapshot create")
            {
                var made = JsonNode.Parse(body)!["result"]!;
                (snapshot, checksum) = ((string)made["name"]!, (string)made["checksum"]!);
            }

            bytes = name == "snapshot download" ? body : bytes;
            if (Difference(recorded, response, body) is { } difference)
            {
                wrong.Add($"{name}: {difference}");
            }
        }

        Assert.Equal(143, lines.Length);
        Assert.True(wrong.Count == 0, string.Join("\n", wrong));

        Task<HttpResponseMessage> SendAsync(JsonObject recorded, string name)
        {
            var path = Ours((string)recorded["path"]!);
            var request = new HttpRequestMessage(new HttpMethod((string)recorded["method"]!), new Uri(server.Url.ToString().TrimEnd('/') + path));
            foreach (var (header, value) in (JsonObject?)recorded["request_headers"] ?? [])
            {
                request.Headers.TryAddWithoutValidation(header, (string)value!);
            }

            request.Content = recorded["request"] switch
            {
                null => null,
                JsonValue text when ((string)text!).StartsWith("<multipart", StringComparison.Ordinal) => new MultipartFormDataContent { { new ByteArrayContent(bytes), "snapshot", "x.snapshot" } },
                JsonValue text when ((string)text!).StartsWith('<') => new ByteArrayContent(new byte[1_126_488]),
                JsonValue text => Json((string)text!),
                var json => Json(json.ToJsonString()),
            };
            return http.SendAsync(request, Cancellation);
        }

        string Ours(string text) => snapshot.Length == 0 ? text
            : text.Replace(RecordedSnapshot, snapshot, StringComparison.Ordinal).Replace(RecordedChecksum, checksum, StringComparison.Ordinal);

        string? Difference(JsonObject recorded, HttpResponseMessage response, byte[] body)
        {
            if ((int)response.StatusCode != (int)recorded["status"]!)
            {
                return $"{(int)response.StatusCode} {Encoding.UTF8.GetString(body)}";
            }

            var type = response.Content.Headers.ContentType?.ToString();
            if (type != (string?)recorded["content_type"])
            {
                return $"content type {type}";
            }

            if (recorded["retry_after"] is { } seconds && response.Headers.RetryAfter?.Delta != TimeSpan.FromSeconds(int.Parse((string)seconds!, System.Globalization.CultureInfo.InvariantCulture)))
            {
                return "no Retry-After";
            }

            return type switch
            {
                "application/octet-stream" => body.Length > 0 ? null : "empty",
                "application/json" when (string)recorded["name"]! == "mmr" => Compare(First(recorded["response"]!), First(JsonNode.Parse(body)!), "", Ours),
                "application/json" => Compare(recorded["response"], JsonNode.Parse(body), "", Ours),
                _ => Encoding.UTF8.GetString(body) == Ours((string)recorded["response"]!) ? null : Encoding.UTF8.GetString(body),
            };
        }
    }

    // Its question is the first point itself, so every other is as like to the one as to the other, and any may be the next.
    private static JsonArray First(JsonNode response)
    {
        var points = (JsonArray)response["result"]!["points"]!;
        return [points.Count, points[0]!.DeepClone()];
    }

    private static StringContent Json(string text) => new(text, new MediaTypeHeaderValue("application/json"));

    private static string? Compare(JsonNode? expected, JsonNode? actual, string at, Func<string, string> ours)
    {
        switch (expected, actual)
        {
            case (JsonObject a, JsonObject b):
                foreach (var key in a.Select(item => item.Key).Union(b.Select(item => item.Key)))
                {
                    if (!a.ContainsKey(key) || !b.ContainsKey(key))
                    {
                        return $"{at}.{key} is {(b.ContainsKey(key) ? "too much" : "missing")}";
                    }

                    if (!s_ofARun.Contains(key) && Compare(a[key], b[key], $"{at}.{key}", ours) is { } difference)
                    {
                        return difference;
                    }
                }

                return null;
            case (JsonArray a, JsonArray b):
                return a.Count != b.Count ? $"{at} has {b.Count}, not {a.Count}"
                    : a.Zip(b).Select((pair, i) => Compare(pair.First, pair.Second, $"{at}[{i}]", ours)).FirstOrDefault(difference => difference is not null);
            case (JsonValue a, JsonValue b) when a.GetValueKind() == JsonValueKind.Number && b.GetValueKind() == JsonValueKind.Number:
                var (x, y) = (Number(a), Number(b));
                return Math.Abs(x - y) <= Tolerance * Math.Max(1, at.EndsWith("_value", StringComparison.Ordinal) ? x : 1) ? null : $"{at} is {y}, not {x}";
            case (JsonValue a, JsonValue b) when a.GetValueKind() == JsonValueKind.String && b.GetValueKind() == JsonValueKind.String:
                // Where in a body a mistake is depends on how the body is written.
                var (wanted, said) = (Place().Replace(ours((string)a!), ""), Place().Replace((string)b!, ""));
                return at.EndsWith(".name", StringComparison.Ordinal) && wanted.EndsWith(".snapshot", StringComparison.Ordinal) && said.EndsWith(".snapshot", StringComparison.Ordinal)
                    || wanted == said ? null : $"{at} is \"{said}\", not \"{wanted}\"";
            default:
                return JsonNode.DeepEquals(expected, actual) ? null : $"{at} is {actual?.ToJsonString() ?? "null"}, not {expected?.ToJsonString() ?? "null"}";
        }
    }

    private static double Number(JsonValue value) => double.Parse(value.ToJsonString(), System.Globalization.CultureInfo.InvariantCulture);

    [GeneratedRegex(@" at line \d+ column \d+$")]
    private static partial Regex Place();
}
