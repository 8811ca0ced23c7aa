using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using MistralStudio.Core.Security;
using MistralStudio.Tests.Shared;

namespace MistralStudio.Web.Tests.Api;

/// <summary>Models over HTTP: imported, listed, loaded, chosen, measured and removed, by a real server with the real engine.</summary>
public sealed class ModelsApiTests(ModelsServer models) : IClassFixture<ModelsServer>
{
    private readonly HttpClient _client = models.Client;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AModelFromAPath_IsImported_Listed_Asked_Chosen_AndRemovedOnceNothingUsesIt()
    {
        Assert.Equal("tiny", (await GetAsync("/api/models/found")).GetProperty("items")[0].GetProperty("model").GetString());
        await ImportAsync(new { path = models.File });
        var model = await GetAsync("/api/models/tiny");
        Assert.Equal(("chat", "onDisk", "Apache-2.0", 64), (Text(model, "task"), Text(model, "state"), Text(model, "licence"), Text(model, "sha256").Length));

        using var loaded = await _client.PostAsync("/api/models/tiny/load", null, Token);
        var ready = await ReadAsync(loaded);
        Assert.Equal(("ready", "CPU", ""), (Text(ready, "state"), Text(ready, "device"), Text(ready, "precision")));
        using var answer = await _client.PostAsJsonAsync("/v1/chat/completions", new { model = "tiny", max_tokens = 3, messages = new[] { new { role = "user", content = "Hi" } } }, Token);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);

        using var chosen = await _client.PutAsJsonAsync("/api/models/defaults", new { chat = "tiny" }, Token);
        Assert.Equal("tiny", Text(await ReadAsync(chosen), "chat"));
        using var byDefault = await _client.PostAsJsonAsync("/v1/chat/completions", new { model = "default", max_tokens = 1, messages = new[] { new { role = "user", content = "Hi" } } }, Token);
        Assert.Equal("tiny", Text(await ReadAsync(byDefault), "model"));

        using var refused = await _client.DeleteAsync("/api/models/tiny", Token);
        Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
        Assert.Contains("the workspace's defaults", Text(await ReadAsync(refused), "detail"), StringComparison.Ordinal);
        using var withdrawn = await _client.PutAsJsonAsync("/api/models/defaults", new { chat = (string?)null }, Token);
        Assert.Equal(HttpStatusCode.NoContent, (await _client.DeleteAsync("/api/models/tiny", Token)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await _client.GetAsync("/api/models/tiny", Token)).StatusCode);
        var trail = (await GetAsync("/api/audit")).GetProperty("items").EnumerateArray().Select(entry => Text(entry, "action")).ToList();
        Assert.Superset(new HashSet<string> { "model.imported", "model.removed", "model.default_changed" }, trail.ToHashSet());
    }

    [Fact]
    public async Task AnAppThatUsesAModel_KeepsIt()
    {
        await ImportAsync(new { path = models.File, id = "kept" });
        using var app = await _client.PostAsJsonAsync("/api/apps", new { name = "Filings", model = "kept" }, Token);
        Assert.Equal(HttpStatusCode.Created, app.StatusCode);
        using var refused = await _client.DeleteAsync("/api/models/kept", Token);
        Assert.Contains("the app \"Filings\"", Text(await ReadAsync(refused), "detail"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheStarter_Stays_AndIsMeasured()
    {
        using var refused = await _client.DeleteAsync("/api/models/smollm2-135m-instruct", Token);
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "model.read_only"), (refused.StatusCode, Text(await ReadAsync(refused), "code")));
        await ImportAsync(new { path = models.File, id = "fast" });
        using var measured = await _client.PostAsync("/api/models/fast/benchmark", null, Token);
        var speed = await ReadAsync(measured);
        Assert.True(measured.IsSuccessStatusCode, speed.ToString());
        Assert.True(speed.GetProperty("prefillTokensPerSecond").GetDouble() > 0);
        Assert.True(speed.GetProperty("decodeTokensPerSecond").GetDouble() > 0);
        Assert.True(speed.GetProperty("decodeFourTokensPerSecond").GetDouble() > 0);
        var lengths = speed.GetProperty("lengths").EnumerateArray().ToList();
        Assert.NotEmpty(lengths);
        Assert.Equal(lengths.Select(point => point.GetProperty("tokens").GetInt32()).Order(), lengths.Select(point => point.GetProperty("tokens").GetInt32()));
        Assert.All(lengths, point => Assert.True(point.GetProperty("prefillTokensPerSecond").GetDouble() > 0 && point.GetProperty("decodeTokensPerSecond").GetDouble() > 0));
        Assert.Contains("cores", Text(speed, "machine"), StringComparison.Ordinal);
        Assert.Equal(Text(speed, "measuredAt"), Text((await GetAsync("/api/models/fast")).GetProperty("speed"), "measuredAt"));
    }

    [Fact]
    public async Task AnUpload_IsStreamedToItsPlace_OnceUnderOneKey()
    {
        using var first = await UploadAsync("sent.gguf", TinyModel.ToArray(), "upload-1");
        Assert.Equal(HttpStatusCode.Accepted, first.StatusCode);
        using var second = await UploadAsync("sent.gguf", TinyModel.ToArray(), "upload-1");
        var id = Text(await ReadAsync(first), "id");
        Assert.Equal(id, Text(await ReadAsync(second), "id"));
        await UntilAsync(id, "done");
        Assert.Equal("onDisk", Text(await GetAsync("/api/models/sent"), "state"));
    }

    [Fact]
    public async Task AnUploadOfSomethingElse_IsRefusedByItsReason()
    {
        using var foreign = await UploadAsync("photo.jpg", [1, 2, 3]);
        Assert.Equal("import.foreign_file", Text(await ReadAsync(foreign), "code"));
        using var lie = await UploadAsync("lie.gguf", "GGUF but not really"u8.ToArray());
        var import = await UntilAsync(Text(await ReadAsync(lie), "id"), "failed");
        Assert.Equal("model.unreadable", Text(import.GetProperty("error"), "code"));
    }

    [Theory]
    [InlineData("""{"path":"/nowhere/x.gguf"}""", "import.nothing_there", 422)]
    [InlineData("""{"url":"nothing"}""", "import.bad_url", 422)]
    [InlineData("""{"catalogue":"gpt-9"}""", "import.not_found", 404)]
    [InlineData("""{"path":"/a.gguf","url":"https://example.com/a.gguf"}""", "import.one_source", 422)]
    public async Task ARequestThatCannotBe_IsRefusedAtOnce(string body, string code, int status)
    {
        using var refused = await _client.PostAsync("/api/models/imports", new StringContent(body, MediaTypeHeaderValue.Parse("application/json")), Token);
        Assert.Equal((status, code), ((int)refused.StatusCode, Text(await ReadAsync(refused), "code")));
    }

    [Fact]
    public async Task AnAddressInThePrivateNetwork_IsNotCalled()
    {
        using var started = await _client.PostAsJsonAsync("/api/models/imports", new { url = $"{models.Studio.Url}inside.gguf" }, Token);
        var import = await UntilAsync(Text(await ReadAsync(started), "id"), "failed");
        Assert.Equal("egress.refused", Text(import.GetProperty("error"), "code"));
    }

    [Fact]
    public async Task WhoMayOnlyRead_ChangesNothing_AndAPageNeedsItsToken()
    {
        var (_, reader) = await models.Studio.NewProgramAsync(Permissions.ModelsRead);
        using (reader)
        {
            Assert.Equal(HttpStatusCode.OK, (await reader.GetAsync("/api/models", Token)).StatusCode);
            Assert.Equal(HttpStatusCode.Forbidden, (await reader.PostAsJsonAsync("/api/models/imports", new { catalogue = "qwen3-0.6b" }, Token)).StatusCode);
            Assert.Equal(HttpStatusCode.Forbidden, (await reader.DeleteAsync("/api/models/smollm2-135m-instruct", Token)).StatusCode);
            Assert.Equal(HttpStatusCode.Forbidden, (await reader.GetAsync("/api/models/found", Token)).StatusCode);
        }

        using var browser = await models.Studio.SignInAsync();
        using var forged = await browser.PostAsync("/api/models/imports/upload", Form("sent.gguf", TinyModel.ToArray()), Token);
        Assert.Equal("request.token_missing", Text(await ReadAsync(forged), "code"));
    }

    private static MultipartFormDataContent Form(string name, byte[] bytes) => new() { { new ByteArrayContent(bytes), "files", name } };

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;

    private static async Task<JsonElement> ReadAsync(HttpResponseMessage answer) => await answer.Content.ReadFromJsonAsync<JsonElement>(Token);

    private async Task<JsonElement> GetAsync(string path) => await _client.GetFromJsonAsync<JsonElement>(path, Token);

    private async Task<HttpResponseMessage> UploadAsync(string name, byte[] bytes, string? key = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/models/imports/upload") { Content = Form(name, bytes) };
        if (key is not null)
        {
            request.Headers.Add("Idempotency-Key", key);
        }

        return await _client.SendAsync(request, Token);
    }

    private async Task ImportAsync(object request)
    {
        using var started = await _client.PostAsJsonAsync("/api/models/imports", request, Token);
        Assert.Equal(HttpStatusCode.Accepted, started.StatusCode);
        await UntilAsync(Text(await ReadAsync(started), "id"), "done");
    }

    private async Task<JsonElement> UntilAsync(string id, string state)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (true)
        {
            var import = (await GetAsync("/api/models/imports")).GetProperty("items").EnumerateArray().Single(found => Text(found, "id") == id);
            if (Text(import, "state") is "done" or "failed" or "cancelled")
            {
                Assert.Equal(state, Text(import, "state"));
                return import;
            }

            await timer.WaitForNextTickAsync(Token);
        }
    }
}

/// <summary>A real server with the starter models, a tiny one in a scanned folder, and a program with a key.</summary>
public sealed class ModelsServer : IAsyncLifetime
{
    private readonly string _source = Directory.CreateTempSubdirectory("studio-source-").FullName;

    public StudioServer Studio { get; private set; } = null!;

    public HttpClient Client { get; private set; } = null!;

    /// <summary>The tiny model's file.</summary>
    public string File => Path.Combine(_source, "tiny.gguf");

    public async ValueTask InitializeAsync()
    {
        Studio = await StudioServer.StartAsync(true, $"--Inference:StarterModelsPath={SharedData.StarterModels}", $"--Inference:ModelFolders:0={_source}");
        (_, Client) = await Studio.NewProgramAsync();
        await System.IO.File.WriteAllBytesAsync(File, TinyModel.ToArray());
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Studio.DisposeAsync();
        Directory.Delete(_source, recursive: true);
    }
}
