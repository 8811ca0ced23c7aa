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
        // Texts of like length go together: a batch is padded to its longest.
        var batches = missing.Select(passage => (Passage: passage, Text: TextOf(passage))).OrderBy(item => item.Text.Length).Chunk(options.Value.EmbeddingBatch).ToList();
        var done = 0;
        var next = AskAsync(0);
        for (var i = 0; i < batches.Count; i++)
        {
            var answer = await next;
            if (!answer.IsSuccess)
            {
                return answer.Error;
            }

            // The embedder is at the next batch while this one is written.
            next = AskAsync(i + 1);
            try
            {
                await index.StageAsync(document.Base, [.. batches[i].Zip(answer.Value, (item, vector) => (item.Passage, vector.Vector))], cancellationToken);
                done += batches[i].Length;
                await progress((double)(passages.Count - missing.Count + done) / passages.Count);
            }
            catch
            {
                await next;
                throw;
            }
        }

        return done;

        // Failures are values here: one that comes while the batch before is written is not lost, and not thrown past it.
        async Task<Result<GeneratedEmbeddings<Embedding<float>>>> AskAsync(int batch)
        {
            if (batch == batches.Count)
            {
                return new GeneratedEmbeddings<Embedding<float>>();
            }

            try
            {
                return await embedder.Value.GenerateAsync(batches[batch].Select(item => item.Text), EmbeddingPatience.NewOptions(), cancellationToken);
            }
            catch (ModelException exception)
            {
                return exception.Error;
            }
        }
    }
}
