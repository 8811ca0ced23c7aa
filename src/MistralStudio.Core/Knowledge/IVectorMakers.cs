using MistralStudio.Core.Ids;

namespace MistralStudio.Core.Knowledge;

/// <summary>
/// Which embedder made the vectors of a base, by its fingerprint (<see cref="Models.IModelHost.FingerprintAsync"/>): another one under the same
/// name makes vectors that say nothing beside them, whatever their length.
/// </summary>
public interface IVectorMakers
{
    /// <summary>What stands for vectors of more than one embedder: no question's vector compares with all of them.</summary>
    const string Mixed = "mixed";

    /// <summary>The embedder of a base; null where none is known.</summary>
    Task<string?> FindAsync(KnowledgeBaseId id, CancellationToken cancellationToken);

    /// <summary>Keeps the embedder of a base where it is still the one that was read; false where somebody was faster, or there is no such base.</summary>
    Task<bool> TryWriteAsync(KnowledgeBaseId id, string? was, string maker, CancellationToken cancellationToken);
}
