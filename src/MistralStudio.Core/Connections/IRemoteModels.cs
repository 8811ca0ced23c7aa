using Microsoft.Extensions.AI;

namespace MistralStudio.Core.Connections;

/// <summary>Speaks to the servers behind connections, through the guarded way out.</summary>
public interface IRemoteModels
{
    /// <summary>
    /// A client of one model. Failures surface as <see cref="Models.ModelException"/>; the last update carries the answer's cost under
    /// <see cref="Models.ModelPrice.CostKey"/> where the price is known.
    /// </summary>
    /// <param name="next">Who answers in its place where it fails before its first token; what they say names them.</param>
    IChatClient Chat(OpenedConnection connection, ConnectionModel model, IReadOnlyList<StandIn> next);

    /// <summary>A client of one embedding model. Failures surface as <see cref="Models.ModelException"/>.</summary>
    IEmbeddingGenerator<string, Embedding<float>> Embedder(OpenedConnection connection, ConnectionModel model);

    /// <summary>The names of the models that a server offers.</summary>
    Task<Result<IReadOnlyList<string>>> ListAsync(OpenedConnection connection, CancellationToken cancellationToken);

    /// <summary>Tries a connection as an answer would, and says what is wrong.</summary>
    /// <returns>How long its answer took.</returns>
    Task<Result<TimeSpan>> TestAsync(OpenedConnection connection, CancellationToken cancellationToken);
}

/// <summary>A model that may answer in another one's place.</summary>
/// <param name="Reference">How people name it.</param>
/// <param name="FindAsync">Its client, asked for when its turn comes; null where it may not, or cannot, answer then.</param>
public sealed record StandIn(string Reference, Func<CancellationToken, ValueTask<IChatClient?>> FindAsync);
