using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using MistralStudio.Tests.Shared;
using MistralStudio.Tests.Shared.Servers;

namespace MistralStudio.Benchmarks;

/// <summary>A model behind HTTP that says <c>w0 w1 w2 ...</c> at an exact pace, and remembers when it said each of them.</summary>
internal sealed class PacedModel : IAsyncDisposable
{
    private PacedModel(OpenAiServer server) => Server = server;

    /// <summary>Where it answers.</summary>
    public OpenAiServer Server { get; }

    /// <summary>When the tokens of the last answer were written to the socket, ms since 1970.</summary>
    public List<double> Sent { get; } = [];

    public static async Task<PacedModel> StartAsync(int perSecond, int tokens)
    {
        var model = new PacedModel(await OpenAiServer.StartAsync());
        model.Server.Streaming = http => model.WriteAsync(http, perSecond, tokens);
        return model;
    }

    /// <summary>Connects it as <c>there/small</c>; the studio has to be allowed to call its place.</summary>
    public async Task ConnectAsync(StudioProcess studio)
    {
        using var program = await studio.NewProgramAsync();
        using var connected = await program.PostAsJsonAsync(
            "/api/connections", new { name = "There", kind = "compatible", address = Server.Address.ToString(), retries = 0, models = new[] { new { name = "small" } } });
        connected.EnsureSuccessStatusCode();
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Server.DisposeAsync();

    private async Task WriteAsync(HttpContext http, int perSecond, int tokens)
    {
        http.Response.ContentType = "text/event-stream";
        var began = Stopwatch.GetTimestamp();
        for (var token = 0; token < tokens; token++)
        {
            var due = TimeSpan.FromSeconds((double)token / perSecond);
            while (Stopwatch.GetElapsedTime(began) < due)
            {
                await Task.Delay(1, http.RequestAborted);
            }

            lock (Sent)
            {
                Sent.Add((TimeProvider.System.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalMilliseconds);
            }

            await http.Response.WriteAsync($"data: {JsonSerializer.Serialize(new { id = "c", @object = "chat.completion.chunk", created = 1, model = "small", choices = new[] { new { index = 0, delta = new { content = $"w{token} " } } } })}\n\n", http.RequestAborted);
            await http.Response.Body.FlushAsync(http.RequestAborted);
        }

        await http.Response.WriteAsync("data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"small\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n", http.RequestAborted);
        await http.Response.WriteAsync($"data: {{\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"small\",\"choices\":[],\"usage\":{{\"prompt_tokens\":5,\"completion_tokens\":{tokens},\"total_tokens\":{tokens + 5}}}}}\n\ndata: [DONE]\n\n", http.RequestAborted);
    }
}

/// <summary>What is measured inside the page: after each frame, when its paint is done with.</summary>
internal static class Watch
{
    public const string Script = """
        (() => {
          const channel = new MessageChannel();
          const after = [];
          channel.port1.onmessage = () => after.splice(0).forEach(act => act());
          // A message that is posted within a frame is heard once the frame was painted.
          const painted = act => { after.push(act); channel.port2.postMessage(0); };
          const watch = window.watch = { painted: [], stamps: [], late: [] };
          watch.tokens = () => {
            watch.painted = [];
            let last = -1;
            const answers = document.querySelectorAll('.ans .read').length;
            const look = () => {
              const reads = document.querySelectorAll('.ans .read');
              const text = reads.length > answers ? reads[reads.length - 1].textContent.trimEnd() : '';
              const now = text ? parseInt(text.slice(text.lastIndexOf('w') + 1), 10) : -1;
              if (now > last) {
                const from = last + 1;
                last = now;
                painted(() => { const at = performance.timeOrigin + performance.now(); for (let token = from; token <= now; token++) watch.painted.push([token, at]); });
              }
              requestAnimationFrame(look);
            };
            requestAnimationFrame(look);
          };
          watch.frames = () => {
            watch.stamps = [];
            const look = at => { watch.stamps.push(at); requestAnimationFrame(look); };
            requestAnimationFrame(look);
          };
          watch.keys = () => {
            watch.late = [];
            addEventListener('keydown', event => requestAnimationFrame(() => painted(() => watch.late.push(performance.now() - event.timeStamp))), true);
          };
        })();
        """;
}
