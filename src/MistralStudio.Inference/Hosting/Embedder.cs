using Microsoft.Extensions.AI;

namespace MistralStudio.Inference.Hosting;

/// <summary>An embedding model of this machine; loads on first use.</summary>
internal sealed class Embedder(InstalledModelEntry model, ModelHost host) : IEmbeddingGenerator<string, Embedding<float>>
{
    public async Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
        IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        using var use = await host.UseAsync(model, cancellationToken);
        return await use.Embedder.GenerateAsync(values, options, cancellationToken);
    }

    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceKey is null && serviceType.IsInstanceOfType(this) ? this : null;

    public void Dispose()
    {
        // The model belongs to its host.
    }
}
