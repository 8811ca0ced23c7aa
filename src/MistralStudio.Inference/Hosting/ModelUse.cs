using MistralStudio.Core.Models;
using MistralStudio.Inference.Embeddings;
using MistralStudio.Inference.Reranking;

namespace MistralStudio.Inference.Hosting;

/// <summary>Keeps a model loaded while something runs on it.</summary>
internal sealed class ModelUse(InstalledModelEntry entry, ModelLoader loader) : IDisposable
{
    private bool _ended;

    public ChatModel Model => entry.Chat ?? throw new ModelException(ModelErrors.EngineFailed(entry.Folder.Id));

    public EmbeddingModel Embedder => entry.Embedder ?? throw new ModelException(ModelErrors.EngineFailed(entry.Folder.Id));

    public CrossEncoder Reranker => entry.Reranker ?? throw new ModelException(ModelErrors.EngineFailed(entry.Folder.Id));

    public void Dispose()
    {
        if (!_ended)
        {
            _ended = true;
            loader.EndUse(entry);
        }
    }
}
