using Microsoft.Extensions.Options;
using MistralStudio.Core;

namespace MistralStudio.Retrieval.Qdrant;

/// <summary>Asks the administrator's Qdrant whether it answers, is new enough and takes the key; for <c>doctor</c>.</summary>
public sealed class VectorDatabaseCheck(IOptions<QdrantOptions> options, TimeProvider time)
{
    /// <summary>Whether one is set up.</summary>
    public bool IsSet => options.Value.IsSet;

    /// <summary>Where it is.</summary>
    public string Address => options.Value.Url;

    /// <summary>What is wrong with it; null where it is well.</summary>
    public async Task<Error?> CheckAsync(CancellationToken cancellationToken)
    {
        using var client = new QdrantClient(options, time);
        using var collections = new QdrantCollections(client, options);
        try
        {
            await collections.CheckVersionAsync(cancellationToken);
            await collections.ListAsync(cancellationToken);
            return null;
        }
        catch (QdrantException exception)
        {
            return exception.Error;
        }
    }
}
