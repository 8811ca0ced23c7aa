using System.Net.Mime;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Web.Features.Knowledge;

/// <summary>A document as it is read: its pages or its text, its passages, and the place that is shown.</summary>
public sealed class DocumentViewState(IKnowledgeStore store, KnowledgeAccess access, KnowledgeBaseId id)
{
    /// <summary>Passages read at once.</summary>
    public const int PageSize = 40;

    // Text around the place that is shown; more is a press away.
    private const int WindowCharacters = 12_000;

    private readonly List<Passage> _passages = [];

    /// <summary>The base; null where it or the document does not exist here.</summary>
    public KnowledgeBase? Base { get; private set; }

    /// <summary>The document.</summary>
    public KnowledgeDocument? Document { get; private set; }

    /// <summary>What was read from it; null before its text was.</summary>
    public ExtractedText? Text { get; private set; }

    /// <summary>Its passages in order, as far as they were read.</summary>
    public IReadOnlyList<Passage> Passages => _passages;

    /// <summary>What <see cref="Passages"/> are narrowed to.</summary>
    public PassageFilter Filter { get; private set; } = PassageFilter.None;

    /// <summary>True where there are more passages than <see cref="Passages"/>.</summary>
    public bool HasMore { get; private set; }

    /// <summary>The passage that is shown.</summary>
    public PassageId? Shown { get; private set; }

    /// <summary>The span of the text that is marked; empty where nothing is.</summary>
    public (int Start, int End) Marked { get; private set; }

    /// <summary>The part of the text that is on screen.</summary>
    public (int Start, int End) Window { get; private set; }

    /// <summary>True where a browser can draw its pages; otherwise its text is shown.</summary>
    /// <remarks>Not every sender of a file names its type.</remarks>
    public bool HasPages => Document is { Pages: > 0 } document
        && (document.ContentType == MediaTypeNames.Application.Pdf || document.Name.EndsWith(".pdf", StringComparison.OrdinalIgnoreCase));

    /// <summary>The words that are marked.</summary>
    public string Quote => Text is null ? "" : Text.Text[Marked.Start..Marked.End];

    /// <summary>The page on which they begin; 1 where there are no pages.</summary>
    public int Page => Text?.PageAt(Marked.Start) ?? 1;

    private string? _after;

    /// <summary>Opens a document at a passage, or at a span of its text; false where there is no such document here.</summary>
    public async Task<bool> OpenAsync(DocumentId document, PassageId? passage, int? start, int? end, CancellationToken cancellationToken)
    {
        if (Document?.Id != document)
        {
            Base = await store.FindBaseAsync(access, id, cancellationToken);
            Document = Base is null ? null : await store.FindDocumentAsync(access, id, document, cancellationToken);
            if (Document is null)
            {
                return false;
            }

            Text = await store.ReadTextAsync(access, id, document, cancellationToken);
            await FilterAsync(PassageFilter.None, cancellationToken);
        }

        var found = passage is { } wanted ? await store.FindPassageAsync(access, id, wanted, cancellationToken) : null;
        if (found is not null && found.Document != document)
        {
            found = null;
        }

        // The list is read as far as the passage that somebody came for.
        while (found is not null && HasMore && Filter == PassageFilter.None && _passages[^1].Ordinal < found.Ordinal)
        {
            await ReadMoreAsync(cancellationToken);
        }

        Shown = found?.Id;
        Mark(start ?? found?.Start ?? 0, end ?? found?.End ?? 0);
        return true;
    }

    /// <summary>Narrows the list of passages, or widens it again.</summary>
    public async Task FilterAsync(PassageFilter filter, CancellationToken cancellationToken)
    {
        Filter = filter;
        var listing = await store.ListPassagesAsync(access, id, Document!.Id, filter, null, PageSize, cancellationToken);
        _passages.Clear();
        Take(listing);
    }

    /// <summary>Shows a passage as it was changed.</summary>
    public async Task ReplaceAsync(Passage changed, CancellationToken cancellationToken)
    {
        if (_passages.FindIndex(passage => passage.Id == changed.Id) is >= 0 and var at)
        {
            _passages[at] = changed;
        }

        Document = await store.FindDocumentAsync(access, id, changed.Document, cancellationToken) ?? Document;
    }

    /// <summary>Shows the document as it was described.</summary>
    public void Replace(KnowledgeDocument described) => Document = described;

    /// <summary>Reads the next passages.</summary>
    public async Task ReadMoreAsync(CancellationToken cancellationToken)
    {
        Take(await store.ListPassagesAsync(access, id, Document!.Id, Filter, _after, PageSize, cancellationToken));
    }

    private void Take(Listing<Passage> listing)
    {
        _passages.AddRange(listing.Items);
        _after = listing.After;
        HasMore = listing.After is not null;
    }

    /// <summary>Shows more of the text, before (-1) or after (+1) what is on screen.</summary>
    public void Widen(int direction) => Window = direction < 0
        ? (LineAt(Math.Max(0, Window.Start - WindowCharacters)), Window.End)
        : (Window.Start, LineAfter(Math.Min(Length, Window.End + WindowCharacters)));

    /// <summary>The text on screen in pieces, each marked or not.</summary>
    public IEnumerable<(string Text, bool IsMarked)> Pieces()
    {
        if (Text is null)
        {
            yield break;
        }

        var (from, to) = (Math.Clamp(Marked.Start, Window.Start, Window.End), Math.Clamp(Marked.End, Window.Start, Window.End));
        yield return (Text.Text[Window.Start..from], false);
        yield return (Text.Text[from..to], true);
        yield return (Text.Text[to..Window.End], false);
    }

    /// <summary>Characters of the text.</summary>
    public int Length => Text?.Text.Length ?? 0;

    private void Mark(int start, int end)
    {
        // A link may be older than the text: it is clamped, not trusted.
        start = Math.Clamp(start, 0, Length);
        Marked = (start, Math.Clamp(end, start, Length));
        Window = (LineAt(Math.Max(0, start - (WindowCharacters / 2))), LineAfter(Math.Min(Length, Marked.End + (WindowCharacters / 2))));
    }

    private int LineAt(int position) => position == 0 ? 0 : Text!.Text.LastIndexOf('\n', position - 1) + 1;

    private int LineAfter(int position) => position >= Length ? Length : Text!.Text.IndexOf('\n', position) is var line and >= 0 ? line : Length;
}
