using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.AI;
using MistralStudio.Core.Connections;
using MistralStudio.Core.Models;

namespace MistralStudio.Agents.Connections;

/// <summary>
/// One embedding model behind a connection, asked in OpenAI's dialect for plain numbers: base64, which OpenAI's own client insists on, is not
/// known by every server that speaks it.
/// </summary>
internal sealed class RemoteEmbedder(HttpClient http, Uri address, OpenedConnection connection, ConnectionModel model, TimeProvider time)
    : IEmbeddingGenerator<string, Embedding<float>>
{
    // What every known server takes at once.
    private const int Batch = 96;

    public async Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
        IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        var vectors = new GeneratedEmbeddings<Embedding<float>>();
        long tokens = 0;
        try
        {
            foreach (var texts in values.Chunk(Batch))
            {
                tokens += await AskAsync(texts, options?.Dimensions, vectors, cancellationToken);
            }
        }
        catch (Exception exception) when (RemoteFailures.Of(exception, connection, model.Name, time) is { } failure)
        {
            throw failure;
        }

        vectors.Usage = new UsageDetails { InputTokenCount = tokens, TotalTokenCount = tokens };
        return vectors;
    }

    public object? GetService(Type serviceType, object? serviceKey = null) => serviceKey is null && serviceType.IsInstanceOfType(this) ? this : null;

    public void Dispose()
    {
        // The connection's HTTP client outlives its models' clients.
    }

    // Tokens read.
    private async Task<long> AskAsync(string[] texts, int? dimensions, GeneratedEmbeddings<Embedding<float>> vectors, CancellationToken cancellationToken)
    {
        var body = new Dictionary<string, object> { ["model"] = model.Name, ["input"] = texts };
        if (dimensions is { } wanted)
        {
            body["dimensions"] = wanted;
        }

        using var response = await http.PostAsJsonAsync(address, body, cancellationToken);
        var text = await response.Content.ReadAsStringAsync(cancellationToken);
        if (!response.IsSuccessStatusCode)
        {
            throw new ModelException(
                RemoteFailures.Of((int)response.StatusCode, connection, model.Name, RemoteFailures.ReasonOf(text, connection.Key)),
                ServerPatience.WaitOf(response, time.GetUtcNow()));
        }

        using var json = JsonDocument.Parse(text);
        var found = new Embedding<float>?[texts.Length];
        foreach (var (place, item) in json.RootElement.GetProperty("data").EnumerateArray().Index())
        {
            var index = item.TryGetProperty("index", out var said) ? said.GetInt32() : place;
            if (index < 0 || index >= found.Length)
            {
                throw new FormatException("A vector is of no text that was sent.");
            }

            found[index] = new Embedding<float>(item.GetProperty("embedding").EnumerateArray().Select(number => number.GetSingle()).ToArray());
        }

        foreach (var vector in found)
        {
            vectors.Add(vector is { Vector.Length: > 0 } ? vector : throw new FormatException("A text has no vector."));
        }

        return json.RootElement.TryGetProperty("usage", out var usage) && usage.TryGetProperty("prompt_tokens", out var read) ? read.GetInt64() : 0;
    }
}
