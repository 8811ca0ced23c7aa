using System.Text.Json;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Security;

namespace MistralStudio.Core.Flows;

/// <summary>What a suspended node waits for.</summary>
public enum BookmarkKind
{
    /// <summary>A person who approves or refuses.</summary>
    Approval,

    /// <summary>A person who fills in a form.</summary>
    Form,

    /// <summary>A time: <see cref="Bookmark.DueAt"/>.</summary>
    Timer,

    /// <summary>A call from outside.</summary>
    Webhook,

    /// <summary>A person who says whether something that a crash cut off has happened.</summary>
    Uncertain,
}

/// <summary>
/// Where a suspended run goes on. It is used once; holding it grants nothing: who resumes is checked against <see cref="Who"/>.
/// </summary>
public sealed record Bookmark(BookmarkId Id, BookmarkKind Kind)
{
    /// <summary>What is asked, in the author's words; empty for a timer.</summary>
    public string Title { get; init; } = "";

    /// <summary>What it is about, for the person who decides.</summary>
    public JsonElement? Details { get; init; }

    /// <summary>Documents that <see cref="Title"/> and <see cref="Details"/> may come from.</summary>
    public IReadOnlyList<DocumentId> Sources { get; init; } = [];

    /// <summary>JSON Schema of the values that come with the decision; null where there are none.</summary>
    public JsonElement? Schema { get; init; }

    /// <summary>E-mail addresses of people and roles (<c>role:builder</c>) who may decide; empty: everyone in the workspace who may decide.</summary>
    public IReadOnlyList<string> Who { get; init; } = [];

    /// <summary>Decisions that may be made; the first is the one that goes on.</summary>
    public IReadOnlyList<string> Decisions { get; init; } = [];

    /// <summary>When a timer comes.</summary>
    public DateTimeOffset? DueAt { get; init; }

    /// <summary>When it can no longer be decided: the node is told <see cref="Resumption.Expired"/> then.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>When the run's own clock goes on with it; null where only others do.</summary>
    public DateTimeOffset? ClockAt => Kind == BookmarkKind.Timer ? DueAt : ExpiresAt;

    /// <summary>
    /// True where a person may decide who holds <see cref="Permissions.RunsDecide"/>: named by address, of a named role or one above it, or
    /// nobody is named. A timer is nobody's to decide.
    /// </summary>
    public bool Allows(string? email, Role role) => Kind != BookmarkKind.Timer && (Who.Count == 0 || Who.Any(who =>
        who.StartsWith("role:", StringComparison.Ordinal)
            ? Enum.TryParse<Role>(who.AsSpan(5), ignoreCase: true, out var least) && role >= least
            : string.Equals(who, email, StringComparison.OrdinalIgnoreCase)));
}

/// <summary>How a bookmark was used.</summary>
/// <param name="Decision">One of <see cref="Bookmark.Decisions"/>, <see cref="Due"/> or <see cref="Expired"/>.</param>
/// <param name="Values">What came with it, by name.</param>
/// <param name="By">Who decided; null for the clock and for a call from outside.</param>
public sealed record Resumption(BookmarkId Bookmark, string Decision, IReadOnlyDictionary<string, JsonElement> Values, UserId? By)
{
    /// <summary>The decision of the clock: a timer came.</summary>
    public const string Due = "due";

    /// <summary>The decision of the clock: nobody decided in time.</summary>
    public const string Expired = "expired";

    /// <summary>Of a node that a crash cut off: it did not happen, run it again.</summary>
    public const string Repeat = "repeat";

    /// <summary>Of a node that a crash cut off: it happened, and gave <see cref="Values"/>.</summary>
    public const string Done = "done";

    /// <summary>Of a node that a crash cut off: treat it as failed.</summary>
    public const string Fail = "fail";
}
