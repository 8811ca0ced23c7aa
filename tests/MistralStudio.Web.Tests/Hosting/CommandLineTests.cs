using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using MistralStudio.Core.Security;
using MistralStudio.Tests.Shared;

namespace MistralStudio.Web.Tests.Hosting;

/// <summary>The real binary's commands, beside a server that runs on the same data and sees their effect at once.</summary>
public sealed class CommandLineTests(CommandLineTests.RunningStudio running) : IClassFixture<CommandLineTests.RunningStudio>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private readonly StudioProcess _studio = running.Process;

    [Fact]
    public async Task KeysCreate_PrintsTheKeyAlone_AndSaysThatItMayDoAll()
    {
        var (code, output, errors) = await _studio.RunAsync("keys", "create", "--name", "all");
        Assert.Equal(0, code);
        Assert.Matches("^ms_[A-Za-z0-9_-]{43}\r?\n$", output);
        Assert.Contains("all that the Owner may", errors, StringComparison.Ordinal);
        using var program = Program(output.Trim());
        var made = (await program.GetFromJsonAsync<JsonElement>("/api/keys", Token)).GetProperty("items")[0];
        Assert.Equal(RolePermissions.All.Order(StringComparer.Ordinal), made.GetProperty("scopes").EnumerateArray().Select(scope => scope.GetString()!));
    }

    [Fact]
    public async Task KeysCreate_NarrowsByScopeAndTime()
    {
        var (code, output, errors) = await _studio.RunAsync("keys", "create", "--name", "narrow", "--scope", "models:read", "--scope", "keys:own", "--expires", "30");
        Assert.Equal((0, ""), (code, errors));
        using var program = Program(output.Trim());
        Assert.Equal(HttpStatusCode.OK, (await program.GetAsync("/v1/models", Token)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await program.GetAsync("/api/knowledge-bases", Token)).StatusCode);
        var made = (await program.GetFromJsonAsync<JsonElement>("/api/keys", Token)).GetProperty("items")[0];
        Assert.Equal(30, Math.Round((made.GetProperty("expiresAt").GetDateTimeOffset() - made.GetProperty("createdAt").GetDateTimeOffset()).TotalDays));
    }

    [Theory]
    [InlineData("There is no scope \"models:fly\".", "keys", "create", "--name", "x", "--scope", "models:fly")]
    [InlineData("--expires is \"yesterday\"", "keys", "create", "--name", "x", "--expires", "yesterday")]
    [InlineData("A key needs a name.", "keys", "create", "--name", " ")]
    [InlineData("There is no account nobody@example.com.", "users", "reset-password", "nobody@example.com")]
    public async Task AWrongCommand_SaysWhyInOneLine_AndChangesNothing(string why, params string[] arguments)
    {
        var (code, output, errors) = await _studio.RunAsync(arguments);
        Assert.Equal((1, ""), (code, output));
        Assert.Contains(why, Assert.Single(errors.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Models_AreImported_Listed_AndRemoved_BesideAServerThatSeesItAtOnce()
    {
        var file = Path.Combine(_studio.DataPath, "tiny.gguf");
        await File.WriteAllBytesAsync(file, TinyModel.ToArray(), Token);
        using var program = await _studio.NewProgramAsync();
        var (code, output, errors) = await _studio.RunAsync("models", "import", file, "--id", "by-hand");
        Assert.True(code == 0, errors);
        Assert.Equal("by-hand", output.Trim());
        using var answer = await program.PostAsJsonAsync("/v1/chat/completions", new { model = "by-hand", max_tokens = 1, messages = new[] { new { role = "user", content = "Hi" } } }, Token);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Contains("by-hand\tchat\t", (await _studio.RunAsync("models", "list")).Output, StringComparison.Ordinal);

        var refused = await _studio.RunAsync("models", "remove", "by-hand");
        Assert.Equal(1, refused.Code);
        Assert.Contains("The running studio has \"by-hand\" in memory.", refused.Errors, StringComparison.Ordinal);
        using var unloaded = await program.PostAsync("/api/models/by-hand/unload", null, Token);
        Assert.Equal(0, (await _studio.RunAsync("models", "remove", "by-hand")).Code);
        Assert.Equal(HttpStatusCode.NotFound, (await program.GetAsync("/api/models/by-hand", Token)).StatusCode);
        var wrong = await _studio.RunAsync("models", "import", "/nowhere/x.gguf");
        Assert.Equal((1, ""), (wrong.Code, wrong.Output));
        Assert.Contains("There is no model at /nowhere/x.gguf", wrong.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ResetPassword_TakesEffectAtOnce_AndSignsOutEverywhere()
    {
        using var before = Browser();
        using var signedIn = await StudioServer.PostFormAsync(before, "/sign-in", ("Email", StudioServer.OwnerEmail), ("Password", StudioServer.Password));
        Assert.Equal(HttpStatusCode.Redirect, signedIn.StatusCode);

        var (code, output, _) = await _studio.RunAsync("users", "reset-password", StudioServer.OwnerEmail);
        Assert.Equal(0, code);
        using var old = Browser();
        using var refused = await StudioServer.PostFormAsync(old, "/sign-in", ("Email", StudioServer.OwnerEmail), ("Password", StudioServer.Password));
        Assert.Equal(HttpStatusCode.OK, refused.StatusCode);
        using var welcome = await StudioServer.PostFormAsync(old, "/sign-in", ("Email", StudioServer.OwnerEmail), ("Password", output.Trim()));
        Assert.Equal(HttpStatusCode.Redirect, welcome.StatusCode);

        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        while ((await before.GetAsync("/w/workspace/settings", limit.Token)).StatusCode == HttpStatusCode.OK)
        {
        }
    }

    [Fact]
    public async Task Serve_SaysInOneLine_WhatANetworkWithoutANameNeeds()
    {
        await using var shared = await StudioProcess.StartAsync(null, new Uri("http://0.0.0.0:0"));
        Assert.Single(shared.Output.Split('\n'), line => line.Contains("Studio__PublicUrl", StringComparison.Ordinal));
        await using var named = await StudioProcess.StartAsync(null, new Uri("http://0.0.0.0:0"), ("Studio__PublicUrl", "http://192.168.1.20:5080"));
        Assert.DoesNotContain("Studio__PublicUrl", named.Output, StringComparison.Ordinal);
        Assert.Equal("http://192.168.1.20:5080", named.SetupUrl!.GetLeftPart(UriPartial.Authority));
    }

    [Fact]
    public async Task Doctor_FindsAllWell()
    {
        var (code, output, _) = await _studio.RunAsync("doctor");
        Assert.True(code == 0, output);
        Assert.All(
            ["ok    settings:", "ok    database:", "ok    disk:", "ok    model: smollm2-135m-instruct", "ok    model: all-minilm-l6-v2", "ok    accelerator:"],
            line => Assert.Contains(line, output, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Doctor_NamesADamagedModel()
    {
        // Whole to look at, and listed beside its checksum, but of other bytes.
        var models = Directory.CreateDirectory(Path.Combine(_studio.DataPath, "models"));
        var folder = models.CreateSubdirectory("tiny");
        File.Copy(Path.Combine(SharedData.StarterModels, "all-minilm-l6-v2", "config.json"), Path.Combine(folder.FullName, "config.json"));
        await File.WriteAllBytesAsync(Path.Combine(folder.FullName, "model.safetensors"), [2, 0, 0, 0, 0, 0, 0, 0, (byte)'{', (byte)'}'], Token);
        await File.WriteAllTextAsync(Path.Combine(models.FullName, "SHA256SUMS"), $"{new string('0', 64)}  ./tiny/model.safetensors\n", Token);
        var (code, output, _) = await _studio.RunAsync("doctor");
        models.Delete(recursive: true);
        Assert.Equal(1, code);
        Assert.Contains("wrong model: tiny", output, StringComparison.Ordinal);
        Assert.Contains("ok    model: smollm2-135m-instruct", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Studio__Urls", "nonsense", "Studio:Urls")]
    [InlineData("Inference__Slots", "-1", "Inference:Slots")]
    [InlineData("Inference__Accelerator", "webgpu", "Inference:WebGpuLibrary has to name")]
    public async Task Doctor_NamesAWrongSetting(string name, string value, string setting)
    {
        var (code, output, errors) = await _studio.RunWithAsync([(name, value)], "doctor");
        Assert.Equal((1, ""), (code, output));
        Assert.Contains(setting, Assert.Single(errors.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
    }

    private HttpClient Program(string key)
    {
        var program = Browser();
        program.DefaultRequestHeaders.Authorization = new("Bearer", key);
        return program;
    }

    private HttpClient Browser() =>
        new(new SocketsHttpHandler { CookieContainer = new CookieContainer(), AllowAutoRedirect = false, UseProxy = false }) { BaseAddress = _studio.Url };

    /// <summary>One server for all of them: each leaves it as it found it, or changes what no other looks at.</summary>
    public sealed class RunningStudio : IAsyncLifetime
    {
        public StudioProcess Process { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Process = await StudioProcess.StartAsync(
            null, null, ("Setup__Owner__Email", StudioServer.OwnerEmail), ("Setup__Owner__Password", StudioServer.Password));

        public ValueTask DisposeAsync() => Process.DisposeAsync();
    }
}
