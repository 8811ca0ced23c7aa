using System.Text.Json.Nodes;
using MistralStudio.Retrieval.Qdrant;
using MistralStudio.Tests.Shared.Fakes;
using MistralStudio.Tests.Shared.Qdrant;

namespace MistralStudio.Retrieval.Tests.Qdrant;

public sealed class QdrantClientTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task KeptConnectionThatTheServerClosed_CostsNothing()
    {
        await using var server = await QdrantDouble.StartAsync();
        using var client = Client(server);
        await client.VersionAsync(Cancellation);
        server.Drops = 1;

        Assert.Equal("1.18.3", await client.VersionAsync(Cancellation));
        Assert.Equal(3, server.Requests.Count);
    }

    [Fact]
    public async Task ServerThatIsDown_IsTriedTwiceByASearch_AndSaidInASentence()
    {
        await using var server = await QdrantDouble.StartAsync();
        using var client = Client(server);
        server.IsDown = true;

        var exception = await Assert.ThrowsAsync<QdrantException>(() => client.VersionAsync(Cancellation));

        Assert.True(exception.IsPassing);
        Assert.Equal(2, server.Requests.Count);
        Assert.StartsWith($"The vector database at {server.Url.Authority} does not answer (", exception.Error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(429, 1)]
    [InlineData(503, null)]
    public async Task BusyServer_IsAskedAgainByAWrite(int status, int? retryAfter)
    {
        await using var server = await QdrantDouble.StartAsync();
        using var client = Client(server);
        server.Failures.Enqueue((status, retryAfter));
        server.Failures.Enqueue((status, retryAfter));

        Assert.True(await client.CreateCollectionAsync("a", Schema(), Cancellation));
        Assert.False(await client.CreateCollectionAsync("a", Schema(), Cancellation));
    }

    [Fact]
    public async Task BusyServer_IsNotWaitedForByASearch()
    {
        await using var server = await QdrantDouble.StartAsync();
        using var client = Client(server);
        server.Failures.Enqueue((429, 20));

        var exception = await Assert.ThrowsAsync<QdrantException>(() => client.CountAsync("a", [], Cancellation));

        Assert.Equal(QdrantErrors.Busy(server.Url).Message, exception.Error.Message);
    }

    [Fact]
    public async Task WrongKey_IsSaid_AndNeverShown()
    {
        await using var server = await QdrantDouble.StartAsync();
        (server.ApiKey, server.ReadKey) = ("right", "read");
        using var none = Client(server);
        using var wrong = Client(server, "wrong-key");
        using var read = Client(server, "read");

        var missing = await Assert.ThrowsAsync<QdrantException>(() => none.AliasesAsync(Cancellation));
        var refused = await Assert.ThrowsAsync<QdrantException>(() => wrong.AliasesAsync(Cancellation));
        var forbidden = await Assert.ThrowsAsync<QdrantException>(() => read.CreateCollectionAsync("a", Schema(), Cancellation));

        Assert.Contains("(401: Must provide an API key or an Authorization bearer token)", missing.Error.Message, StringComparison.Ordinal);
        Assert.Contains("(401: Invalid API key or JWT)", refused.Error.Message, StringComparison.Ordinal);
        Assert.Contains("(403: Forbidden: Global manage access is required)", forbidden.Error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("wrong-key", refused.Error.ToString(), StringComparison.Ordinal);
        Assert.Equal(3, server.Requests.Count);
    }

    [Fact]
    public async Task Refusal_IsToldInTheServersWords()
    {
        await using var server = await QdrantDouble.StartAsync();
        using var client = Client(server);

        var exception = await Assert.ThrowsAsync<QdrantException>(() => client.CountAsync("none", [], Cancellation));

        Assert.False(exception.IsPassing);
        Assert.Contains("404: Not found: Collection `none` doesn't exist!", exception.Error.Message, StringComparison.Ordinal);
        Assert.Null(await client.FindCollectionAsync("none", Cancellation));
    }

    /// <summary>What is asked for in recorded requests is asked for in the same shape by the client, so the interface's document allows it.</summary>
    [Fact]
    public async Task Pages_AreReadToTheEnd_AndAliasesPointElsewhereInOneStep()
    {
        await using var server = await QdrantDouble.StartAsync();
        using var client = Client(server, batch: 3);
        await client.CreateCollectionAsync("a", Schema(), Cancellation);
        await client.CreateCollectionAsync("b", Schema(), Cancellation);
        await client.PointAliasAsync("live", "a", isThere: false, Cancellation);
        var points = new JsonArray([.. Enumerable.Range(0, 10).Select(i => (JsonNode)new JsonObject
        {
            ["id"] = i, ["vector"] = new JsonObject { ["dense"] = new JsonArray(1, i) }, ["payload"] = new JsonObject { ["kb_id"] = "k" },
        })]);
        await client.UpsertAsync("live", points, Cancellation);
        var read = new List<int>();
        await foreach (var point in client.ScrollAsync("live", [], new() { ["with_payload"] = false }, Cancellation))
        {
            read.Add(point.GetProperty("id").GetInt32());
        }

        await client.PointAliasAsync("live", "b", isThere: true, Cancellation);

        Assert.Equal(Enumerable.Range(0, 10), read);
        Assert.Equal((10, 0, 0), (server.Count("a"), server.Count("b"), server.Count("live")));
        Assert.Equal("b", (await client.AliasesAsync(Cancellation))["live"]);
    }

    internal static JsonObject Schema() => new()
    {
        ["vectors"] = new JsonObject { ["dense"] = new JsonObject { ["size"] = 2, ["distance"] = "Cosine" } },
    };

    private static QdrantClient Client(QdrantDouble server, string key = "", int batch = 256) => new(
        new QdrantOptions { Url = server.Url.ToString(), ApiKey = key, Batch = batch, Timeout = TimeSpan.FromSeconds(30) }, new HurriedTime(),
        new SocketsHttpHandler { UseProxy = false });
}
