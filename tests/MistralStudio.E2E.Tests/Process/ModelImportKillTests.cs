using System.Net.Http.Json;
using System.Text.Json;
using MistralStudio.Tests.Shared;
using MistralStudio.Tests.Shared.Servers;

namespace MistralStudio.E2E.Tests.Process;

/// <summary>kill -9 in the middle of a download leaves no half model, and the next start goes on with it.</summary>
public sealed class ModelImportKillTests
{
    private const int Half = 30_000;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ADownloadThatWasKilled_LeavesNoModel_AndGoesOnAtTheNextStart()
    {
        var model = TinyModel.ToArray();
        var ranges = new List<string>();
        var isWhole = false;
        await using var server = await LocalServer.StartAsync(async http =>
        {
            var range = http.Request.Headers.Range.ToString();
            ranges.Add(range);
            var from = range.Length > 0 ? int.Parse(range["bytes=".Length..^1], System.Globalization.CultureInfo.InvariantCulture) : 0;
            http.Response.StatusCode = from > 0 ? 206 : 200;
            http.Response.Headers.ETag = "\"v1\"";
            http.Response.Headers.ContentRange = from > 0 ? $"bytes {from}-{model.Length - 1}/{model.Length}" : default;
            http.Response.ContentLength = model.Length - from;
            await http.Response.Body.WriteAsync(model.AsMemory(from, (isWhole ? model.Length : Half) - from), http.RequestAborted);
            await http.Response.Body.FlushAsync(http.RequestAborted);
            if (!isWhole)
            {
                await Task.Delay(Timeout.Infinite, http.RequestAborted);
            }
        });
        var data = Directory.CreateTempSubdirectory("studio-kill-").FullName;
        try
        {
            (string, string)[] settings = [.. StudioProcess.Owner, ("Egress__AllowedHosts__0", $"127.0.0.1:{server.Port}")];
            await using (var studio = await StudioProcess.StartAsync(data, null, settings))
            {
                using var program = await studio.NewProgramAsync();
                using var started = await program.PostAsJsonAsync("/api/models/imports", new { url = $"{server.Url}tiny.gguf" }, Token);
                Assert.True(started.IsSuccessStatusCode, await started.Content.ReadAsStringAsync(Token));
                await UntilAsync(() => Task.FromResult(
                    Directory.EnumerateFiles(data, "*.part", SearchOption.AllDirectories).Any(part => new FileInfo(part).Length == Half)));
                await studio.KillAsync();
            }

            Assert.False(Directory.Exists(Path.Combine(data, "models", "tiny")));
            isWhole = true;
            await using (var again = await StudioProcess.StartAsync(data, null, settings))
            {
                using var program = await again.NewProgramAsync();
                await UntilAsync(async () => (await program.GetFromJsonAsync<JsonElement>("/api/models", Token)).GetProperty("items").EnumerateArray()
                    .Any(found => found.GetProperty("id").GetString() == "tiny" && found.GetProperty("state").GetString() == "onDisk"));
            }

            Assert.Equal($"bytes={Half}-", ranges[^1]);
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (!await condition())
        {
            await timer.WaitForNextTickAsync(Token);
        }
    }
}
