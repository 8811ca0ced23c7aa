using Microsoft.Extensions.AI;
using Microsoft.Extensions.Options;
using MistralStudio.Core;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Models;
using MistralStudio.Retrieval.Index;

namespace MistralStudio.Retrieval.Ingestion;

/// <summary>Gives each passage of a document a vector in the index, by moderate batches, and only where there is none yet.</summary>
internal sealed class PassageEmbedding(IModelHost models, PassageIndex index, EmbedderIdentity identity, IOptions<KnowledgeOptions> options)
{
    /// <summary>
    /// What the embedder reads of a passage: the headings above it say what it is about. Not the document's name, which only words are looked up
    /// in: a title moves no passage for a model that reads it as well, and a file name that says nothing costs some (see the benchmark of titles).
    /// </summary>
    public static string TextOf(Passage passage) => passage.Section is null ? passage.ReadableText : $"{passage.Section}\n{passage.ReadableText}";

    /// <returns>How many texts were embedded now.</returns>
    public async Task<Result<int>> EmbedAsync(
        KnowledgeDocument document, string model, IReadOnlyList<Passage> passages, Func<double, Task> progress, CancellationToken cancellationToken)
    {
        // What no search finds needs no vector.
        passages = [.. passages.Where(passage => !passage.IsDisabled)];
        var known = await index.KnownHashesAsync(document.Base, passages, cancellationToken);
        var missing = passages.DistinctBy(passage => passage.MatchHash).Where(passage => !known.Contains(passage.MatchHash)).ToList();
        if (missing.Count == 0)
        {
            return 0;
        }

        var embedder = models.Embedder(model);
        if (!embedder.IsSuccess)
        {
            return embedder.Error;
        }

        await identity.NoteAsync(document.Base, model, cancellationToken);
        var done = 0;
        // Texts of like length go together: a batch is padded to its longest.
        foreach (var batch in missing.OrderBy(passage => passage.ReadableText.Length).Chunk(options.Value.EmbeddingBatch))
        {
            cancellationToken.ThrowIfCancellationRequested();
            GeneratedEmbeddings<Embedding<float>> vectors;
            try
            {
                vectors = await embedder.Value.GenerateAsync(batch.Select(TextOf), EmbeddingPatience.NewOptions(), cancellationToken);
            }
            catch (ModelException exception)
            {
                return exception.Error;
            }

            await index.StageAsync(document.Base, [.. batch.Zip(vectors, (passage, vector) => (passage, vector.Vector))], cancellationToken);
            done += batch.Length;
            await progress((double)(passages.Count - missing.Count + done) / passages.Count);
        }

        return done;
    }
}
