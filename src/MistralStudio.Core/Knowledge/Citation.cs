using MistralStudio.Core.Ids;

namespace MistralStudio.Core.Knowledge;

/// <summary>The evidence of one sentence of an answer: a span of a passage, attached by the product and not by the model.</summary>
/// <param name="Marker">The number shown, from 1; citations of one passage share it.</param>
/// <param name="Start">First UTF-16 unit of the quote in the document's text.</param>
/// <param name="End">One past its last.</param>
/// <param name="Quote">The span's text.</param>
/// <param name="Verified">True where the quote was found, character by character, in the stored text at its span.</param>
/// <param name="AnswerStart">First UTF-16 unit of the sentence in the answer.</param>
/// <param name="AnswerEnd">One past its last.</param>
public sealed record Citation(
    int Marker,
    PassageId PassageId,
    DocumentId DocumentId,
    KnowledgeBaseId Base,
    string Document,
    int? Page,
    int Start,
    int End,
    string Quote,
    bool Verified,
    int AnswerStart,
    int AnswerEnd)
{
    /// <summary>
    /// Who wrote the quote, where it is in the passage as a person edited it and not in the document; <see cref="Start"/> and <see cref="End"/>
    /// are then the passage's, and <see cref="Verified"/> is false. Null for words of the document.
    /// </summary>
    public PassageEdit? Edit { get; init; }
}

/// <summary>Finds the evidence of an answer in the passages that it was given.</summary>
public interface ICitationLinker
{
    /// <summary>Citations in the order of the answer's sentences; a sentence that nothing supports has none.</summary>
    Task<IReadOnlyList<Citation>> LinkAsync(KnowledgeAccess access, string answer, IReadOnlyList<SearchHit> passages, CancellationToken cancellationToken);
}
