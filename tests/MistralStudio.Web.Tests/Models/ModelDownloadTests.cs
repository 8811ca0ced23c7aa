using System.Globalization;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using MistralStudio.Core.Egress;
using MistralStudio.Core.Models;
using MistralStudio.Inference;
using MistralStudio.Tests.Shared;
using MistralStudio.Tests.Shared.Servers;
using MistralStudio.Web.Features.Models;

namespace MistralStudio.Web.Tests.Models;

/// <summary>Models from the web, by a real server that misbehaves as a test says and the real guard on the way out.</summary>
public sealed class ModelDownloadTests : IAsyncDisposable
{
    private const string Tag = "\"v1\"";
    private const long MostBytes = 2 << 20;

    private readonly string _data = Directory.CreateTempSubdirectory("studio-models-").FullName;
    private readonly byte[] _model = TinyModel.ToArray();
    private readonly List<string> _ranges = [];
    private readonly MappedNetwork _network = new MappedNetwork().Name("models.example", "93.184.216.34").Name("inside.example", "10.0.0.7");
    private readonly ServiceProvider _services;
    private LocalServer? _server;

    public ModelDownloadTests()
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddInference(_data, options =>
        {
            options.StarterModelsPath = Path.Combine(_data, "none");
            options.MaxModelBytes = MostBytes;
        });
        services.AddSingleton<IEgress>(new GuardedEgress([], _network, TimeProvider.System));
        services.AddSingleton<IModelDownload, EgressDownload>();
        _services = services.BuildServiceProvider();
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private IModelLibrary Library => _services.GetRequiredService<IModelLibrary>();

    private string Sha256 => Convert.ToHexStringLower(SHA256.HashData(_model));

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        Directory.Delete(_data, recursive: true);
    }

    [Fact]
    public async Task AFile_IsFetched_CheckedAgainstItsChecksum_AndInstalled()
    {
        var import = await ImportAsync(http => SendAsync(http, _model), Sha256.ToUpperInvariant());
        Assert.Equal((ImportState.Done, "tiny", Sha256, (long?)_model.Length), (import.State, import.Model, import.Sha256, import.TotalBytes));
        var model = _services.GetRequiredService<IModelHost>().Find("tiny")!;
        Assert.Equal((Sha256, $"http://models.example:{_server!.Port}/files/tiny.gguf"), (model.Sha256, model.Origin));
    }

    [Fact]
    public async Task AConnectionThatBreaks_GoesOnWhereItStopped()
    {
        var import = await ImportAsync(async http =>
        {
            var begun = BeginOf(http);
            if (begun < 30_000)
            {
                await SendAsync(http, _model, begun, begun + 20_000);
                return;
            }

            await SendAsync(http, _model, begun);
        });
        Assert.Equal((ImportState.Done, Sha256), (import.State, import.Sha256));
        Assert.Equal(["", $"bytes=20000- {Tag}", $"bytes=40000- {Tag}"], _ranges);
    }

    [Fact]
    public async Task AFileThatChangedMeanwhile_IsFetchedFromItsBeginning()
    {
        var sent = 0;
        var import = await ImportAsync(http => sent++ == 0
            ? SendAsync(http, new byte[_model.Length], 0, 20_000)
            : SendAsync(http, _model, tag: "\"v2\"", whole: true));
        Assert.Equal((ImportState.Done, Sha256), (import.State, import.Sha256));
    }

    [Fact]
    public async Task AServerThatNeverComesThrough_IsGivenUp_AndTriedAgainFromThereWhenAskedTo()
    {
        var isBroken = true;
        var import = await ImportAsync(async http =>
        {
            var begun = BeginOf(http);
            await SendAsync(http, _model, begun, isBroken ? Math.Max(begun, 20_000) : null);
        });
        Assert.True(import.MayRetry, import.Error?.Code);
        isBroken = false;
        var again = await Library.RetryAsync(import.Id, Token);
        Assert.Equal(ImportState.Done, (await Library.WaitAsync(again.Value.Id, null, Token)).State);
        Assert.Equal($"bytes=20000- {Tag}", _ranges[^1]);
    }

    [Fact]
    public async Task AWrongChecksum_IsRefused_AndNothingStays()
    {
        var import = await ImportAsync(http => SendAsync(http, _model), new string('a', 64));
        Assert.Equal("import.wrong_checksum", import.Error!.Code);
        Assert.Contains(Sha256, import.Error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFiles(_data, "*.gguf*", SearchOption.AllDirectories));
    }

    [Theory]
    [InlineData(404, "import.address_gone")]
    [InlineData(401, "import.refused_there")]
    [InlineData(503, "import.refused_there")]
    public async Task ARefusal_IsSaid(int status, string code)
    {
        var import = await ImportAsync(http =>
        {
            http.Response.StatusCode = status;
            return Task.CompletedTask;
        });
        Assert.Equal(code, import.Error!.Code);
        Assert.Contains("models.example", import.Error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AFileThatIsTooLarge_IsNotTaken_WhetherItSaysSoOrNot(bool saysSo)
    {
        var import = await ImportAsync(async http =>
        {
            if (saysSo)
            {
                http.Response.ContentLength = 1L << 40;
            }

            while (!http.RequestAborted.IsCancellationRequested)
            {
                await http.Response.Body.WriteAsync(new byte[1 << 16], http.RequestAborted);
            }
        });
        Assert.Contains("too_large", import.Error!.Code, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFiles(_data, "*.gguf*", SearchOption.AllDirectories));
        Assert.InRange(import.Bytes, 0, MostBytes);
    }

    [Fact]
    public async Task AWebPage_IsNoModel()
    {
        var import = await ImportAsync(async http =>
        {
            http.Response.ContentType = "text/html; charset=utf-8";
            await http.Response.WriteAsync("<title>Sign in</title>", Token);
        });
        Assert.Equal("import.web_page", import.Error!.Code);
    }

    [Fact]
    public async Task ARedirectIntoThePrivateNetwork_IsRefused_AndNobodyIsCalledThere()
    {
        var import = await ImportAsync(http =>
        {
            http.Response.Redirect($"http://inside.example:{_server!.Port}/tiny.gguf");
            return Task.CompletedTask;
        });
        Assert.Equal("egress.refused", import.Error!.Code);
        Assert.All(_network.Dialled, place => Assert.Equal("93.184.216.34", place.Address.ToString()));
    }

    [Fact]
    public async Task ASafetensorsModel_BringsWhatLiesBesideIt()
    {
        var asked = new List<string>();
        var import = await ImportAsync(http =>
        {
            asked.Add(http.Request.Path);
            http.Response.StatusCode = 404;
            return http.Request.Path.Value!.EndsWith("model.safetensors", StringComparison.Ordinal) ? SendAsync(http, new byte[100]) : Task.CompletedTask;
        }, path: "org/e5/resolve/main/model.safetensors");
        Assert.Equal(("e5", "import.address_gone"), (import.Model, import.Error!.Code));
        Assert.Equal(["/org/e5/resolve/main/model.safetensors", "/org/e5/resolve/main/config.json"], asked);
    }

    [Theory]
    [InlineData("ftp://models.example/tiny.gguf", null, "import.bad_url")]
    [InlineData("http://me:secret@models.example/tiny.gguf", null, "import.bad_url")]
    [InlineData("http://models.example/page.html", null, "import.bad_url")]
    [InlineData("http://models.example/tiny.gguf", "abc", "import.bad_checksum")]
    public async Task AnAddressThatIsNone_IsRefusedAtOnce(string address, string? sha256, string code)
    {
        var refused = await Library.StartAsync(new ModelSource.FromUrl(new Uri(address), sha256), null, Token);
        Assert.Equal(code, refused.Error!.Code);
        Assert.DoesNotContain("secret", refused.Error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cancelling_EndsTheDownload_AndRemovesWhatCameOfIt()
    {
        var arrived = new TaskCompletionSource();
        _server = await LocalServer.StartAsync(async http =>
        {
            http.Response.ContentLength = _model.Length;
            await http.Response.Body.WriteAsync(_model.AsMemory(0, 1000), http.RequestAborted);
            await http.Response.Body.FlushAsync(http.RequestAborted);
            arrived.SetResult();
            await Task.Delay(Timeout.Infinite, http.RequestAborted);
        });
        var import = (await Library.StartAsync(new ModelSource.FromUrl(new Uri($"http://models.example:{_server.Port}/tiny.gguf")), null, Token)).Value;
        await arrived.Task.WaitAsync(Token);
        Assert.True((await Library.CancelAsync(import.Id, Token)).IsSuccess);
        Assert.Equal(ImportState.Cancelled, Assert.Single(Library.Imports()).State);
        Assert.Empty(Directory.EnumerateFiles(_data, "*.gguf*", SearchOption.AllDirectories));
    }

    private static long BeginOf(HttpContext http) =>
        http.Request.Headers.Range.ToString() is { Length: > 0 } range ? long.Parse(range["bytes=".Length..^1], CultureInfo.InvariantCulture) : 0;

    private async Task SendAsync(HttpContext http, byte[] file, long from = 0, long? until = null, string tag = Tag, bool whole = false)
    {
        http.Response.StatusCode = from > 0 && !whole ? 206 : 200;
        http.Response.Headers.ETag = tag;
        http.Response.ContentLength = file.Length - from;
        if (from > 0)
        {
            http.Response.Headers.ContentRange = $"bytes {from}-{file.Length - 1}/{file.Length}";
        }

        await http.Response.Body.WriteAsync(file.AsMemory((int)from, (int)((until ?? file.Length) - from)), http.RequestAborted);
        await http.Response.Body.FlushAsync(http.RequestAborted);
        if (until is { } end)
        {
            // A reset throws away what the other side has not read yet.
            using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
            while (Directory.EnumerateFiles(_data, "*.part", SearchOption.AllDirectories).Select(part => new FileInfo(part).Length).SingleOrDefault() < end)
            {
                await timer.WaitForNextTickAsync(http.RequestAborted);
            }

            http.Abort();
        }
    }

    private async Task<ModelImport> ImportAsync(RequestDelegate answer, string? sha256 = null, string path = "files/tiny.gguf")
    {
        _server = await LocalServer.StartAsync(http =>
        {
            _ranges.Add($"{http.Request.Headers.Range} {http.Request.Headers.IfRange}".Trim());
            return answer(http);
        });
        var started = await Library.StartAsync(new ModelSource.FromUrl(new Uri($"http://models.example:{_server.Port}/{path}"), sha256), null, Token);
        Assert.True(started.IsSuccess, started.Error?.ToString());
        return await Library.WaitAsync(started.Value.Id, null, Token);
    }
}
