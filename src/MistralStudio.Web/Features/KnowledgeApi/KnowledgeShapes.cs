using MistralStudio.Core;
using MistralStudio.Core.Agents;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Web.Features.KnowledgeApi;

/// <summary>The body that names a knowledge base.</summary>
internal sealed record WireBaseName(string? Name);

/// <summary>A knowledge base.</summary>
internal sealed record WireBase(KnowledgeBaseId Id, string Name, string EmbeddingModel, int Documents, int Passages, DateTimeOffset CreatedAt, bool StaysOnMachine)
{
    /// <summary>Where its vectors and words are.</summary>
    public WirePlacement Placement { get; init; } = WirePlacement.From(IndexPlacement.Embedded);

    public static WireBase From(KnowledgeBase kb) => new(kb.Id, kb.Name, kb.EmbeddingModel, kb.Documents, kb.Passages, kb.CreatedAt, kb.StaysOnMachine)
    {
        Placement = WirePlacement.From(kb.Placement),
    };
}

/// <summary>The body that names a store: embedded or qdrant.</summary>
internal sealed record WireStore(string? Store);

/// <summary>Where a base is searched; <c>movingTo</c> is null where it stays, <c>error</c> says why a move waits or ended without effect.</summary>
internal sealed record WirePlacement(string Store, string? MovingTo, double Progress, Error? Error)
{
    public static WirePlacement From(IndexPlacement placement) => new(
        placement.Store.ToString().ToLowerInvariant(), placement.MovingTo?.ToString().ToLowerInvariant(), placement.Progress, placement.Waiting);
}

/// <summary>A document; <c>state</c> in lower case, <c>error</c> null unless it failed.</summary>
internal sealed record WireDocument(
    DocumentId Id,
    string Name,
    string State,
    int Passages,
    Error? Error,
    double Progress,
    int Pages,
    long Bytes,
    string ContentType,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt,
    IReadOnlyList<DocumentNote> Notes,
    string? DuplicateOf,
    IReadOnlyDictionary<string, MetadataValue> Metadata)
{
    public static WireDocument From(KnowledgeDocument d) => new(
        d.Id, d.Name, d.State.ToString().ToLowerInvariant(), d.Passages, d.Error, d.Progress, d.Pages, d.Bytes, d.ContentType, d.CreatedAt, d.UpdatedAt,
        d.Notes ?? (IReadOnlyList<DocumentNote>)[], d.DuplicateOf, d.Metadata);
}

/// <summary>What was accepted, and what was not with its reason.</summary>
internal sealed record WireUpload(IReadOnlyList<WireDocument> Documents, IReadOnlyList<WireRefused> Refused);

/// <summary>A file that was not taken.</summary>
internal sealed record WireRefused(string Name, Error Error);

/// <summary>A passage in full; <c>text</c> is what it is matched and read by, <c>original</c> what the document says at its span where that differs.</summary>
/// <param name="Edited">Who wrote <c>text</c>, and when; null where it is the document's.</param>
/// <param name="Twins">Passages of the base that say the same.</param>
internal sealed record WirePassage(
    PassageId PassageId, DocumentId DocumentId, int Ordinal, string? Section, int? Page, int Start, int End, string Text,
    string? Header, int ParentStart, int ParentEnd, bool Disabled, IReadOnlyList<string> Keywords, PassageEdit? Edited, string? Original,
    IReadOnlyList<PassageTwin> Twins)
{
    public static WirePassage From(Passage p) => new(
        p.Id, p.Document, p.Ordinal, p.Section, p.Page, p.Start, p.End, p.ShownText, p.Header, p.ParentStart, p.ParentEnd, p.IsDisabled, p.Keywords, p.Edit,
        p.Edit is null ? null : p.Text, p.Twins);
}

/// <summary>The body of a question.</summary>
internal sealed record WireQuestion(string? Question, string? Model, string? Instructions, float? Temperature, float? TopP, int? MaxTokens, long? Seed);

/// <summary>The next piece of an answer.</summary>
internal sealed record WireDelta(string Text);

/// <summary>The end of an answer.</summary>
internal sealed record WireDone(IReadOnlyList<WireCitation> Citations, TokenUsage Usage, TurnTimings Timings, string FinishReason);

/// <summary>The evidence of one sentence; <c>edited</c> says who wrote the quote where it is not the document's, which is then not verified.</summary>
internal sealed record WireCitation(
    int Marker,
    PassageId PassageId,
    DocumentId DocumentId,
    string Document,
    int? Page,
    int Start,
    int End,
    string Quote,
    bool Verified,
    int AnswerStart,
    int AnswerEnd,
    PassageEdit? Edited)
{
    public static WireCitation From(Citation c) => new(
        c.Marker, c.PassageId, c.DocumentId, c.Document, c.Page, c.Start, c.End, c.Quote, c.Verified, c.AnswerStart, c.AnswerEnd, c.Edit);
}
