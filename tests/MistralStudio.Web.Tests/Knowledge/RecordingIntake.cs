using MistralStudio.Core;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Web.Tests.Knowledge;

/// <summary>A door that writes down what it was asked, and answers with <see cref="Failure"/> where there is one.</summary>
internal sealed class RecordingIntake(IKnowledgeStore store) : IDocumentIntake
{
    public List<string> Asked { get; } = [];

    public Error? Failure { get; set; }

    public Task<Result<KnowledgeDocument>> AddAsync(
        KnowledgeAccess access, KnowledgeBaseId id, string fileName, string? contentType, Stream content, UserId? addedBy, CancellationToken cancellationToken) =>
        throw new NotSupportedException("Files come by HTTP.");

    public Task<Result<KnowledgeDocument>> CancelAsync(KnowledgeAccess access, KnowledgeBaseId id, DocumentId document, CancellationToken cancellationToken) =>
        AnswerAsync("cancel", access, id, document, cancellationToken);

    public Task<Result<KnowledgeDocument>> RetryAsync(KnowledgeAccess access, KnowledgeBaseId id, DocumentId document, CancellationToken cancellationToken) =>
        AnswerAsync("retry", access, id, document, cancellationToken);

    public async Task<Result<Unit>> DeleteAsync(KnowledgeAccess access, KnowledgeBaseId id, DocumentId document, UserId? by, CancellationToken cancellationToken) =>
        (await AnswerAsync("delete", access, id, document, cancellationToken)).Match<Result<Unit>>(_ => default(Unit), error => error);

    public async Task<Result<Unit>> DeleteBaseAsync(KnowledgeAccess access, KnowledgeBaseId id, UserId? by, CancellationToken cancellationToken)
    {
        Asked.Add("delete base");
        if (Failure is { } failure)
        {
            return failure;
        }

        await store.DeleteEmptyBaseAsync(access, id, by, cancellationToken);
        return default(Unit);
    }

    private async Task<Result<KnowledgeDocument>> AnswerAsync(
        string command, KnowledgeAccess access, KnowledgeBaseId id, DocumentId document, CancellationToken cancellationToken)
    {
        Asked.Add($"{command} {document}");
        return Failure is { } failure ? failure : (await store.FindDocumentAsync(access, id, document, cancellationToken))!;
    }
}
