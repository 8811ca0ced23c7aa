using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Web.Layout;

namespace MistralStudio.Web.Features.Knowledge;

/// <summary>Addresses of documents, and of places in them.</summary>
public static class DocumentLinks
{
    /// <summary>A document.</summary>
    public static string To(WorkspaceScope scope, KnowledgeBaseId id, DocumentId document) => scope.Url($"knowledge/{id}/documents/{document}");

    /// <summary>A passage of it.</summary>
    public static string To(WorkspaceScope scope, KnowledgeBaseId id, DocumentId document, PassageId passage) => $"{To(scope, id, document)}?passage={passage}";

    /// <summary>The words of it that a sentence of an answer rests on.</summary>
    public static string To(WorkspaceScope scope, Citation citation) =>
        FormattableString.Invariant($"{To(scope, citation.Base, citation.DocumentId, citation.PassageId)}&start={citation.Start}&end={citation.End}");
}
