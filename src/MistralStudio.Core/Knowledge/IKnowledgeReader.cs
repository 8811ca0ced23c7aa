using MistralStudio.Core.Ids;

namespace MistralStudio.Core.Knowledge;

/// <summary>Reads knowledge bases as a whole instead of searching them: small collections fit into a model's context.</summary>
public interface IKnowledgeReader
{
    /// <summary>
    /// Every passage of every document that can be found, document by document, in order. Fails where a base is unknown in this workspace,
    /// where there is nothing to read yet, and past <see cref="KnowledgeReading.MostCharacters"/>.
    /// </summary>
    Task<Result<SearchResult>> ReadAsync(KnowledgeAccess access, IReadOnlyList<KnowledgeBaseId> bases, CancellationToken cancellationToken);
}
