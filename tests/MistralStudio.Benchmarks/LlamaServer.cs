using System.Diagnostics;

namespace MistralStudio.Benchmarks;

/// <summary>A llama-server of this machine that answers.</summary>
internal sealed class LlamaServer : IDisposable
{
    private static readonly TimeSpan s_startLimit = TimeSpan.FromSeconds(60);

    private readonly Process _process;

    private LlamaServer(Process process, HttpClient client)
    {
        _process = process;
        Client = client;
    }

    /// <summary>Sends to it.</summary>
    public HttpClient Client { get; }

    /// <summary>Waits until a server that was started answers.</summary>
    public static async Task<LlamaServer> WaitAsync(Process process, Uri url)
    {
        // Nobody reads what it prints; a full pipe would stop it.
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        // It closes connections that lie idle for some seconds, so each request has its own.
        var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = url };
        client.DefaultRequestHeaders.ConnectionClose = true;
        var server = new LlamaServer(process, client);
        for (var waited = Stopwatch.StartNew(); waited.Elapsed < s_startLimit && !process.HasExited;)
        {
            try
            {
                using var health = await client.GetAsync(new Uri("health", UriKind.Relative));
                if (health.IsSuccessStatusCode)
                {
                    return server;
                }
            }
            catch (HttpRequestException)
            {
                // It does not listen yet.
            }

            await Task.Delay(100);
        }

        server.Dispose();
        throw new InvalidOperationException("llama-server did not become ready.");
    }

    public void Dispose()
    {
        Client.Dispose();
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.Dispose();
    }
}
