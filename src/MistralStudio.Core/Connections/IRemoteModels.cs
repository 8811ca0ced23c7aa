using Microsoft.Extensions.AI;

namespace MistralStudio.Core.Connections;

/// <summary>Speaks to the servers behind connections, through the guarded way out.</summary>
public interface IRemoteModels
{
    /// <summary>
    /// A client of one model. Failures surface as <see cref="Models.ModelException"/>; the last update carries the answer's cost under
    /// <see cref="Models.ModelPrice.CostKey"/> where the price is known.
    /// </summary>
    /// <param name="next">Clients that answer in its place where it fails before its first token, each asked for when its turn comes.</param>
    IChatClient Chat(OpenedConnection connection, ConnectionModel model, IReadOnlyList<Func<CancellationToken, ValueTask<IChatClient?>>> next);

    /// <summary>The names of the models that a server offers.</summary>
    Task<Result<IReadOnlyList<string>>> ListAsync(OpenedConnection connection, CancellationToken cancellationToken);

    /// <summary>Tries a connection as an answer would, and says what is wrong.</summary>
    /// <returns>How long its answer took.</returns>
    Task<Result<TimeSpan>> TestAsync(OpenedConnection connection, CancellationToken cancellationToken);
}
