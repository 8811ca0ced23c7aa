using System.Collections.ObjectModel;
using MistralStudio.Core.Ids;

namespace MistralStudio.Core.Knowledge;

/// <summary>
/// Where a document stands. Each of the five stages ends with its output committed; the state names the stage that is running or next.
/// On the wire: the lower-case name.
/// </summary>
public enum DocumentState
{
    /// <summary>Its bytes are safe; nothing was read yet.</summary>
    Stored,

    /// <summary>Its text is being read.</summary>
    Parsing,

    /// <summary>Its text is being cut into passages.</summary>
    Splitting,

    /// <summary>Its passages are being turned into vectors.</summary>
    Embedding,

    /// <summary>Its passages are being made searchable.</summary>
    Indexing,

    /// <summary>It can be found.</summary>
    Indexed,

    /// <summary>Something outside must come back first (a model, a store); it goes on by itself.</summary>
    Waiting,

    /// <summary>It cannot be read; its error says why.</summary>
    Failed,

    /// <summary>A person stopped it.</summary>
    Cancelled,

    /// <summary>It is being removed everywhere.</summary>
    Deleting,
}

/// <summary>A file in a knowledge base.</summary>
/// <param name="Name">The name it was uploaded under: a label, never a path.</param>
/// <param name="Sha256">Its content, lower-case hex; with the workspace the key of its blob.</param>
/// <param name="Progress">How far <paramref name="State"/> has come, 0 to 1.</param>
/// <param name="Pages">Pages, where the format has them; otherwise 0.</param>
/// <param name="Passages">Passages cut from it.</param>
/// <param name="Error">Why it failed; null unless it did.</param>
/// <param name="Notes">What its reader should know, though it was read; null for nothing.</param>
/// <param name="DuplicateOf">Name of an older document of the base that says exactly the same; null where none does.</param>
public sealed record KnowledgeDocument(
    DocumentId Id,
    KnowledgeBaseId Base,
    WorkspaceId Workspace,
    string Name,
    string ContentType,
    long Bytes,
    string Sha256,
    DocumentState State,
    double Progress,
    int Pages,
    int Passages,
    Error? Error,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt,
    DocumentNotes? Notes = null,
    string? DuplicateOf = null)
{
    /// <summary>What else is known about it, by field; filters ask for it.</summary>
    public IReadOnlyDictionary<string, MetadataValue> Metadata { get; init; } = ReadOnlyDictionary<string, MetadataValue>.Empty;

    /// <summary>Counts the changes of <see cref="Metadata"/>, from 0: what the next change is made on.</summary>
    public int MetadataVersion { get; init; }

    /// <summary>Counts the changes of its passages by people.</summary>
    public int Revisions { get; init; }
}

/// <summary>A document about to be added.</summary>
/// <param name="Source">The source that it comes from; null for one that a person adds.</param>
public sealed record NewDocument(string Name, string ContentType, long Bytes, string Sha256, UserId? AddedBy, SourceTie? Source = null);

/// <summary>That a document follows something at a source.</summary>
/// <param name="Key">Its path or address there.</param>
/// <param name="Stamp">What tells a change without its content; null where nothing does.</param>
public sealed record SourceTie(SourceId Source, string Key, string? Stamp);

/// <summary>One page of a list.</summary>
/// <param name="After">Cursor of the next page; null at the end.</param>
public sealed record Listing<T>(IReadOnlyList<T> Items, string? After);

/// <summary>What a document says: one text, and where each page lies in it. Spans count UTF-16 units.</summary>
/// <param name="Pages">In order, without overlap; empty where the format has no pages.</param>
/// <param name="PagesWithoutText">Numbers of pages that are pictures only.</param>
public sealed record ExtractedText(string Text, IReadOnlyList<PageSpan> Pages, IReadOnlyList<int> PagesWithoutText)
{
    /// <summary>What its pieces are, in order; empty only where nothing is known of its structure.</summary>
    public IReadOnlyList<TextBlock> Blocks { get; init; } = [];

    /// <summary>What its reader should know.</summary>
    public IReadOnlyList<DocumentNote> Notes { get; init; } = [];

    /// <summary>The page that holds a position; null where there are no pages.</summary>
    public int? PageAt(int position)
    {
        for (var i = Pages.Count - 1; i >= 0; i--)
        {
            if (Pages[i].Start <= position)
            {
                return Pages[i].Number;
            }
        }

        return Pages.Count > 0 ? Pages[0].Number : null;
    }
}

/// <summary>A page's place in <see cref="ExtractedText.Text"/>.</summary>
/// <param name="Number">Counted from 1.</param>
public sealed record PageSpan(int Number, int Start, int End);

/// <summary>The unit of search: a piece of a document with its place.</summary>
/// <param name="Ordinal">Its place among the passages of its document, from 0.</param>
/// <param name="Page">Page on which it starts; null where the format has none.</param>
/// <param name="Start">First UTF-16 unit in the document's text.</param>
/// <param name="End">One past the last; <c>text[Start..End]</c> is <paramref name="Text"/>.</param>
/// <param name="Section">The headings above it, outermost first, joined by " › "; null where there are none.</param>
/// <param name="ContentHash">
/// SHA-256 of <paramref name="Text"/>, <paramref name="Section"/> and <paramref name="Header"/>, lower-case hex: with the document its id.
/// </param>
/// <param name="Header">The header row of the table that it is a later piece of; null elsewhere.</param>
/// <param name="ParentStart">First UTF-16 unit of the piece around it that a model reads.</param>
/// <param name="ParentEnd">One past its last; equal to <paramref name="ParentStart"/> where the passage is read by itself.</param>
public sealed record Passage(
    PassageId Id,
    DocumentId Document,
    int Ordinal,
    string Text,
    int? Page,
    int Start,
    int End,
    string? Section,
    string ContentHash,
    string? Header = null,
    int ParentStart = 0,
    int ParentEnd = 0)
{
    /// <summary>What people made of it; null where nobody changed it.</summary>
    public PassageRevision? Revision { get; init; }

    /// <summary>Passages of its base that say the same, as far as they were looked for.</summary>
    public IReadOnlyList<PassageTwin> Twins { get; init; } = [];

    /// <summary>Whether no search finds it.</summary>
    public bool IsDisabled => Revision is { IsDisabled: true };

    /// <summary>Words that a search by words finds it by, beside its own.</summary>
    public IReadOnlyList<string> Keywords => Revision?.Keywords ?? [];

    /// <summary>Who wrote the text that it is read by; null for the document's own.</summary>
    public PassageEdit? Edit => Revision is { Text: not null } revision ? new(revision.ByName, revision.At) : null;

    /// <summary>What it says to a reader: the document's text, or a person's instead.</summary>
    public string ShownText => Revision?.Text ?? Text;

    /// <summary>The text as it is matched and read by itself: a row says little without the header of its table.</summary>
    public string ReadableText => Revision?.Text ?? (Header is null ? Text : $"{Header}\n{Text}");

    /// <summary>Hash of what is matched: equal ones share a vector.</summary>
    public string MatchHash => Revision?.TextHash ?? ContentHash;
}
