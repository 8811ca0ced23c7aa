using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Options;
using MistralStudio.Core;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Retrieval.Index;
using MistralStudio.Retrieval.Words;

namespace MistralStudio.Retrieval.Qdrant;

/// <summary>Bases in a Qdrant server. Vectors of documents that are being ingested wait in this machine's index file until all are there.</summary>
internal sealed class QdrantIndex(
    QdrantClient client, QdrantCollections collections, QdrantSearch search, EmbeddedIndex staging, IOptions<QdrantOptions> options) : IIndexStore
{
    /// <inheritdoc/>
    public async Task<IReadOnlySet<string>> KnownHashesAsync(KnowledgeBaseId parent, IReadOnlyList<Passage> passages, CancellationToken cancellationToken)
    {
        var known = new HashSet<string>(await staging.KnownHashesAsync(parent, passages, cancellationToken), StringComparer.Ordinal);
        var asked = passages.Select(passage => passage.MatchHash).Distinct().Where(hash => !known.Contains(hash)).ToList();
        known.UnionWith((await TryAsync(() => VectorsOfAsync(parent, asked, withVectors: false, cancellationToken))).Keys);
        return known;
    }

    /// <inheritdoc/>
    public Task<bool> PublishAsync(KnowledgeDocument document, IReadOnlyList<Passage> passages, CancellationToken cancellationToken) => TryAsync(async () =>
    {
        if (staging.IsDeleted(document.Id))
        {
            return false;
        }

        var language = LanguageDetection.Of(passages.Select(passage => passage.Text));
        var kept = await ShownAsync(document.Base, document.Id, cancellationToken);
        var isSame = kept.Count == 0 || kept.Values.All(shown => shown.Name == document.Name && shown.Language == DocumentFacts.NameOf(language));
        var added = passages.Where(passage => !isSame || !kept.TryGetValue(passage.Id, out var shown) || shown.Revision != (passage.Revision?.Version ?? 0)).ToList();
        var vectors = staging.VectorsOf(document.Base, added);
        var elsewhere = await VectorsOfAsync(
            document.Base, [.. added.Select(passage => passage.MatchHash).Where(hash => !vectors.ContainsKey(hash)).Distinct()], withVectors: true, cancellationToken);
        if (added.Exists(passage => !vectors.ContainsKey(passage.MatchHash) && !elsewhere.ContainsKey(passage.MatchHash)))
        {
            return false;
        }

        foreach (var batch in added.Chunk(options.Value.Batch))
        {
            var points = new JsonArray();
            var dimensions = 0;
            foreach (var passage in batch)
            {
                var vector = vectors.TryGetValue(passage.MatchHash, out var staged) ? staged : elsewhere[passage.MatchHash];
                dimensions = vector.Length;
                points.Add(QdrantPoint.Write(document, passage, vector, language));
            }

            await client.UpsertAsync(await collections.EnsureAsync(dimensions, cancellationToken), points, cancellationToken);
        }

        // The new ones are there; now the old ones go.
        var wanted = passages.Select(passage => passage.Id).ToHashSet();
        foreach (var batch in kept.Keys.Where(passage => !wanted.Contains(passage)).Chunk(options.Value.Batch))
        {
            await DeleteAsync(new() { ["points"] = new JsonArray([.. batch.Select(passage => (JsonNode)passage.Value.ToString())]) }, cancellationToken);
        }

        if (added.Count < passages.Count)
        {
            foreach (var alias in await collections.ListAsync(cancellationToken))
            {
                await client.SetPayloadAsync(alias, QdrantPoint.OfDocument(document, language), QdrantFilter.OfDocument(document.Base, document.Id), cancellationToken);
            }
        }

        await staging.DropStagedAsync(document.Id, cancellationToken);
        search.Forget(document.Base);
        return true;
    });

    /// <inheritdoc/>
    public Task RemoveAsync(KnowledgeBaseId parent, DocumentId document, CancellationToken cancellationToken) => TryAsync(async () =>
    {
        await staging.RemoveAsync(parent, document, cancellationToken);
        await DeleteAsync(new() { ["filter"] = QdrantFilter.OfDocument(parent, document) }, cancellationToken);
        search.Forget(parent);
        return true;
    });

    /// <inheritdoc/>
    public Task ForgetAsync(KnowledgeBaseId parent, CancellationToken cancellationToken) => TryAsync(async () =>
    {
        await DeleteAsync(new() { ["filter"] = QdrantFilter.Of([parent]) }, cancellationToken);
        search.Forget(parent);
        return true;
    });

    /// <inheritdoc/>
    public Task<long> CountAsync(KnowledgeBaseId parent, CancellationToken cancellationToken) => TryAsync(async () =>
    {
        var count = 0L;
        foreach (var alias in await collections.ListAsync(cancellationToken))
        {
            count += await client.CountAsync(alias, QdrantFilter.Of([parent]), cancellationToken);
        }

        return count;
    });

    /// <inheritdoc/>
    public async Task<Result<LegResults>> FindAsync(LegQuery query, CancellationToken cancellationToken)
    {
        try
        {
            return await search.FindAsync(query, cancellationToken);
        }
        catch (QdrantException exception)
        {
            collections.Forget();
            return exception.Error;
        }
    }

    /// <inheritdoc/>
    public Task<IReadOnlyDictionary<PassageId, ReadOnlyMemory<float>>> VectorsAsync(
        IReadOnlyList<KnowledgeBaseId> bases, IReadOnlyList<PassageId> passages, CancellationToken cancellationToken) => TryAsync(async () =>
    {
        var vectors = new Dictionary<PassageId, ReadOnlyMemory<float>>();
        foreach (var alias in await collections.ListAsync(cancellationToken))
        {
            foreach (var batch in passages.Chunk(options.Value.Batch))
            {
                var shown = new JsonObject { ["with_payload"] = false, ["with_vector"] = new JsonArray(QdrantPoint.Dense) };
                await foreach (var point in client.ScrollAsync(alias, QdrantFilter.Of(bases, SearchFilter.None, batch), shown, cancellationToken))
                {
                    vectors[QdrantSearch.IdOf(point)] = VectorOf(point);
                }
            }
        }

        return (IReadOnlyDictionary<PassageId, ReadOnlyMemory<float>>)vectors;
    });

    private static float[] VectorOf(JsonElement point) =>
        [.. point.GetProperty("vector").GetProperty(QdrantPoint.Dense).EnumerateArray().Select(number => number.GetSingle())];

    private async Task<Dictionary<PassageId, (string Name, string Language, int Revision)>> ShownAsync(
        KnowledgeBaseId parent, DocumentId document, CancellationToken cancellationToken)
    {
        var shown = new Dictionary<PassageId, (string Name, string Language, int Revision)>();
        var payload = new JsonObject { ["with_payload"] = new JsonArray("name", QdrantPoint.LanguageName, QdrantPoint.Revision), ["with_vector"] = false };
        foreach (var alias in await collections.ListAsync(cancellationToken))
        {
            await foreach (var point in client.ScrollAsync(alias, QdrantFilter.OfDocument(parent, document), payload, cancellationToken))
            {
                var fields = point.GetProperty("payload");
                shown[QdrantSearch.IdOf(point)] = (
                    fields.GetProperty("name").GetString()!,
                    fields.GetProperty(QdrantPoint.LanguageName).GetString()!,
                    fields.TryGetProperty(QdrantPoint.Revision, out var revision) ? revision.GetInt32() : 0);
            }
        }

        return shown;
    }

    /// <summary>Hashes that the base has points of, with a vector each.</summary>
    private async Task<Dictionary<string, float[]>> VectorsOfAsync(
        KnowledgeBaseId parent, IReadOnlyList<string> hashes, bool withVectors, CancellationToken cancellationToken)
    {
        var vectors = new Dictionary<string, float[]>(StringComparer.Ordinal);
        if (hashes.Count == 0)
        {
            return vectors;
        }

        var shown = new JsonObject
        {
            ["with_payload"] = new JsonArray(QdrantPoint.Hash),
            ["with_vector"] = withVectors ? new JsonArray(QdrantPoint.Dense) : false,
        };
        foreach (var alias in await collections.ListAsync(cancellationToken))
        {
            foreach (var batch in hashes.Chunk(options.Value.Batch))
            {
                var filter = QdrantFilter.Of([parent]);
                filter["must"]!.AsArray().Add(QdrantFilter.Any(QdrantPoint.Hash, batch));
                await foreach (var point in client.ScrollAsync(alias, filter, shown, cancellationToken))
                {
                    vectors[point.GetProperty("payload").GetProperty(QdrantPoint.Hash).GetString()!] = withVectors ? VectorOf(point) : [];
                }
            }
        }

        return vectors;
    }

    private async Task DeleteAsync(JsonObject which, CancellationToken cancellationToken)
    {
        foreach (var alias in await collections.ListAsync(cancellationToken))
        {
            await client.DeleteAsync(alias, which, cancellationToken);
        }
    }

    /// <summary>A server that is away is a reason to wait, not a fault.</summary>
    private async Task<T> TryAsync<T>(Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (QdrantException exception)
        {
            collections.Forget();
            if (exception.IsPassing)
            {
                throw new IndexUnavailableException(exception.Error, exception);
            }

            throw;
        }
    }
}
