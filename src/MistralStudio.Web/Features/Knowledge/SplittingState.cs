using MistralStudio.Core;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Security;

namespace MistralStudio.Web.Features.Knowledge;

/// <summary>How a base cuts its documents, tried on one of them before it is kept.</summary>
public sealed class SplittingState(IKnowledgeSettings settings, IKnowledgeStore store, Caller caller, KnowledgeBase knowledge)
{
    private const int Offered = 100;

    private int _preview;

    /// <summary>Raised when a preview or a change came; from any thread.</summary>
    public event Action? Changed;

    /// <summary>The base as it is set up now.</summary>
    public KnowledgeBase Base { get; private set; } = knowledge;

    /// <summary>What is tried.</summary>
    public SplittingSettings Draft { get; private set; } = knowledge.Settings.Splitting;

    /// <summary>Documents that it can be tried on, newest first.</summary>
    public IReadOnlyList<KnowledgeDocument> Documents { get; private set; } = [];

    /// <summary>The one that it is tried on.</summary>
    public DocumentId? Document { get; private set; }

    /// <summary>What it would be cut into; null before, and where it cannot be.</summary>
    public SplitPreview? Preview { get; private set; }

    /// <summary>What went wrong last; null where nothing did.</summary>
    public Error? Error { get; private set; }

    /// <summary>True where the draft differs from what is kept.</summary>
    public bool IsChanged => Draft != Base.Settings.Splitting;

    /// <summary>True where the caller may keep it.</summary>
    public bool MayWrite => caller.May(Permissions.KnowledgeWrite);

    /// <summary>Reads the documents, and cuts the newest.</summary>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        Documents = [.. (await store.ListDocumentsAsync(caller.Workspace, Base.Id, null, null, Offered, cancellationToken)).Items
            .Where(document => document.State is DocumentState.Indexed or DocumentState.Embedding or DocumentState.Indexing)];
        Document = Documents.Count > 0 ? Documents[0].Id : null;
        OtherEmbedder = await settings.FindOtherEmbedderAsync(caller.Workspace, Base.Id, cancellationToken);
        await CutAsync(cancellationToken);
    }

    /// <summary>Tries it on another document.</summary>
    public Task ChooseAsync(DocumentId document, CancellationToken cancellationToken)
    {
        Document = document;
        return CutAsync(cancellationToken);
    }

    /// <summary>Tries other settings.</summary>
    public Task TryAsync(SplittingSettings draft, CancellationToken cancellationToken)
    {
        Draft = draft;
        return CutAsync(cancellationToken);
    }

    /// <summary>Keeps what is tried: all documents are cut again, what stays the same is not embedded again.</summary>
    public async Task KeepAsync(CancellationToken cancellationToken)
    {
        var kept = await settings.ChangeAsync(caller.Workspace, Base.Id, Base.Settings with { Splitting = Draft }, Base.SettingsVersion, cancellationToken);
        (Base, Error) = kept.Match<(KnowledgeBase, Error?)>(changed => (changed, null), error => (Base, error));
        Changed?.Invoke();
    }

    /// <summary>Documents that are embedded again; null where nobody asked for it.</summary>
    public int? EmbeddedAgain { get; private set; }

    /// <summary>That another embedder made the vectors than is there now; null where it is the same.</summary>
    public Error? OtherEmbedder { get; private set; }

    /// <summary>Makes the vectors of all documents again.</summary>
    public async Task EmbedAgainAsync(CancellationToken cancellationToken)
    {
        var begun = await settings.EmbedAgainAsync(caller.Workspace, Base.Id, cancellationToken);
        (EmbeddedAgain, Error) = begun.Match<(int?, Error?)>(documents => (documents, null), error => (null, error));
        OtherEmbedder = Error is null ? null : OtherEmbedder;
        Changed?.Invoke();
    }

    // A later change overtakes a preview that is still being cut.
    private async Task CutAsync(CancellationToken cancellationToken)
    {
        var mine = Interlocked.Increment(ref _preview);
        var cut = Document is { } document ? await settings.PreviewAsync(caller.Workspace, Base.Id, document, Draft, cancellationToken) : (Result<SplitPreview>?)null;
        if (mine == _preview)
        {
            (Preview, Error) = cut is { } result ? result.Match<(SplitPreview?, Error?)>(preview => (preview, null), error => (null, error)) : (null, null);
            Changed?.Invoke();
        }
    }
}
