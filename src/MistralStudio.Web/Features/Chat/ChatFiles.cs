using MistralStudio.Core;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Web.Features.Knowledge;

namespace MistralStudio.Web.Features.Chat;

/// <summary>The files that a person put into a conversation: what has become of each, and the private base that questions are looked up in.</summary>
public sealed class ChatFiles(IConversationFiles files, IKnowledgeStore store, IDocumentIntake intake, WorkspaceId workspace, UserId owner, TimeProvider clock)
{
    /// <summary>Files that are shown, newest first; more of them are searched all the same.</summary>
    public const int Most = 200;

    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(500);

    private ConversationId? _conversation;
    private KnowledgeBaseId? _base;

    /// <summary>Raised when a file came, went or changed; from any thread.</summary>
    public event Action? Changed;

    /// <summary>The person whose files they are.</summary>
    public UserId Owner => owner;

    /// <summary>The files, oldest first.</summary>
    public IReadOnlyList<KnowledgeDocument> Documents { get; private set; } = [];

    /// <summary>Why the last command had no effect.</summary>
    public Error? Error { get; private set; }

    /// <summary>The base to look questions up in; null while no file of it can be found.</summary>
    public KnowledgeBaseId? Base => Documents.Any(document => document.State == DocumentState.Indexed) ? _base : null;

    /// <summary>The first file that is still being read: an answer would not know it.</summary>
    public KnowledgeDocument? Pending => Documents.FirstOrDefault(document => IsPending(document.State));

    private KnowledgeAccess Access => KnowledgeAccess.Of(workspace, owner);

    /// <summary>Shows the files of another conversation; of none where it is null.</summary>
    public async Task OpenAsync(ConversationId? conversation, CancellationToken cancellationToken)
    {
        if (_conversation != conversation)
        {
            (_conversation, _base, Documents, Error) = (conversation, null, [], null);
        }

        await RefreshAsync(cancellationToken);
    }

    /// <summary>Looks what has become of them; a conversation's first file makes its base.</summary>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        if (_conversation is not { } conversation)
        {
            Changed?.Invoke();
            return;
        }

        _base ??= (await files.FindAsync(workspace, owner, conversation, cancellationToken))?.Id;
        var read = _base is { } id ? (await store.ListDocumentsAsync(Access, id, null, null, Most, cancellationToken)).Items : [];
        IReadOnlyList<KnowledgeDocument> documents = [.. read.Where(document => document.State != DocumentState.Deleting).Reverse()];
        if (!documents.SequenceEqual(Documents))
        {
            Documents = documents;
            Changed?.Invoke();
        }
    }

    /// <summary>Follows files that are being read, until the token ends it.</summary>
    public async Task WatchAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            await Task.Delay(s_pause, clock, cancellationToken);
            if (Pending is not null)
            {
                await RefreshAsync(cancellationToken);
            }
        }
    }

    /// <summary>Takes a file out again: its words, its vectors and its bytes.</summary>
    public async Task RemoveAsync(DocumentId document, CancellationToken cancellationToken)
    {
        if (_base is { } id)
        {
            Error = (await intake.DeleteAsync(Access, id, document, owner, cancellationToken)).Error;
            await RefreshAsync(cancellationToken);
        }
    }

    /// <summary>Reads a file that failed once more.</summary>
    public async Task RetryAsync(DocumentId document, CancellationToken cancellationToken)
    {
        if (_base is { } id)
        {
            Error = (await intake.RetryAsync(Access, id, document, cancellationToken)).Error;
            await RefreshAsync(cancellationToken);
        }
    }

    private static bool IsPending(DocumentState state) => IngestionProgress.IsWorking(state) || state == DocumentState.Waiting;
}
