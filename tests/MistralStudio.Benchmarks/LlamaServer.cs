using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;

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

    // A word: of an end, or of part of a character, the server tells no probabilities. What is drawn does not change what is told.
    private const int PlainToken = 253;

    /// <summary>Logarithms of the probabilities of every token after others, as its own program computes them.</summary>
    public async Task<float[]> NextAsync(ReadOnlyMemory<int> tokens, int vocabulary)
    {
        using var answer = await Client.PostAsJsonAsync(
            new Uri("completion", UriKind.Relative), new { prompt = tokens, n_predict = 1, n_probs = vocabulary, temperature = 0, cache_prompt = true, logit_bias = new[] { new[] { PlainToken, 1000 } } });
        answer.EnsureSuccessStatusCode();
        await using var body = await answer.Content.ReadAsStreamAsync();
        using var read = await JsonDocument.ParseAsync(body);
        var logarithms = new float[vocabulary];
        Array.Fill(logarithms, float.NegativeInfinity);
        foreach (var token in read.RootElement.GetProperty("completion_probabilities")[0].GetProperty("top_logprobs").EnumerateArray())
        {
            logarithms[token.GetProperty("id").GetInt32()] = token.GetProperty("logprob").GetSingle();
        }

        return logarithms;
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
