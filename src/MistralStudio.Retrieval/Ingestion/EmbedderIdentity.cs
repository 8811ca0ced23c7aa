using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Models;
using MistralStudio.Retrieval.Index;

namespace MistralStudio.Retrieval.Ingestion;

/// <summary>
/// Keeps by which embedder the vectors of each base were made, and tells when another one stands under its name: its vectors may be of the same
/// length and mean nothing beside the old ones.
/// </summary>
internal sealed class EmbedderIdentity(IVectorMakers makers, IModelHost models, PassageIndex index)
{
    private const int MostAttempts = 5;

    /// <summary>Those of the bases whose vectors were made by another embedder than stands under its name now.</summary>
    public async Task<IReadOnlySet<KnowledgeBaseId>> OthersAsync(IReadOnlyList<KnowledgeBase> bases, CancellationToken cancellationToken)
    {
        var others = new HashSet<KnowledgeBaseId>();
        foreach (var group in bases.GroupBy(found => found.EmbeddingModel))
        {
            var now = await models.FingerprintAsync(group.Key, cancellationToken);
            foreach (var found in group.Where(_ => now.Length > 0))
            {
                if (found.VectorsMadeBy is null && found.Passages > 0)
                {
                    // From before fingerprints were kept: it is taken to be of the embedder that is there.
                    await makers.TryWriteAsync(found.Id, null, now, cancellationToken);
                }
                else if (found.VectorsMadeBy is { } made && made != now)
                {
                    others.Add(found.Id);
                }
            }
        }

        return others;
    }

    /// <summary>
    /// Notes that vectors of a base are about to be made. Where it has some of another embedder already, they are mixed from now on: no question is
    /// compared with them until all are made again.
    /// </summary>
    public async Task NoteAsync(KnowledgeBaseId id, string model, CancellationToken cancellationToken)
    {
        if (await models.FingerprintAsync(model, cancellationToken) is not { Length: > 0 } now)
        {
            return;
        }

        // Documents of one base begin together; a base that is gone is nobody's any more.
        for (var attempt = 0; attempt < MostAttempts; attempt++)
        {
            var kept = await makers.FindAsync(id, cancellationToken);
            var maker = kept is null || kept == now || !await index.HasVectorsAsync(id, cancellationToken) ? now : IVectorMakers.Mixed;
            if (maker == kept || await makers.TryWriteAsync(id, kept, maker, cancellationToken))
            {
                return;
            }
        }
    }
}
