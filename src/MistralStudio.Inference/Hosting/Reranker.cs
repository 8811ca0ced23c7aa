using MistralStudio.Core.Models;

namespace MistralStudio.Inference.Hosting;

/// <summary>A cross-encoder of this machine; loads on first use.</summary>
internal sealed class Reranker(InstalledModelEntry model, ModelHost host) : IReranker
{
    public async Task<RerankScores> RerankAsync(string query, IReadOnlyList<string> documents, CancellationToken cancellationToken)
    {
        using var use = await host.UseAsync(model, cancellationToken);
        return await use.Reranker.RerankAsync(query, documents, cancellationToken);
    }
}
