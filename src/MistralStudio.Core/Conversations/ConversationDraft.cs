using System.Text.Json;
using MistralStudio.Core.Agents;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Prompts;

namespace MistralStudio.Core.Conversations;

/// <summary>
/// The prompt that a conversation is asked with while it is worked on, and what stands around it. Saved as it is typed; only the first of the
/// conversations side by side has one, the others have no more of it than <see cref="ColumnPrompt"/>.
/// </summary>
public sealed record ConversationDraft
{
    /// <summary>Columns that a conversation may have side by side.</summary>
    public const int MostColumns = 4;

    /// <summary>Characters that the written draft may have.</summary>
    public const int MostCharacters = 4_000_000;

    /// <summary>The messages with their variables; <see cref="PromptContent.Settings"/> are those that the columns share.</summary>
    public PromptContent Content { get; init; } = PromptContent.Empty;

    /// <summary>What the variables are at the moment, by name.</summary>
    public IReadOnlyDictionary<string, string> Values { get; init; } = new Dictionary<string, string>();

    /// <summary>Values that were kept under a name, by that name's order.</summary>
    public IReadOnlyList<ValueSet> Sets { get; init; } = [];

    /// <summary>The prompt version that it began as, <c>prompt:slug@number</c>; null where it began empty.</summary>
    public string? Origin { get; init; }

    /// <summary>The hash of that version: while the draft has the same, nothing was changed.</summary>
    public string? OriginHash { get; init; }

    /// <summary>The prompt version that this column is asked with in place of the draft, <c>prompt:slug@number</c>.</summary>
    public string? ColumnPrompt { get; init; }

    /// <summary>How long answers work with tools. It is the conversation's: a version of the prompt leaves that to who calls it.</summary>
    public ToolLimits Limits { get; init; } = ToolLimits.Default;

    /// <summary>How many conversations are shown side by side, from 1.</summary>
    public int Columns { get; init; } = 1;

    /// <summary>True where answers are shown without the names of their models, in an order of their own, until one is preferred.</summary>
    public bool IsBlind { get; init; }

    /// <summary>Which answers were preferred, oldest first.</summary>
    public IReadOnlyList<Preference> Preferences { get; init; } = [];

    /// <summary>As it is stored.</summary>
    public string Write() => JsonSerializer.Serialize(this, PromptJson.Options);

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    public static ConversationDraft Read(string json) =>
        JsonSerializer.Deserialize<ConversationDraft>(json, PromptJson.Options) ?? throw new InvalidOperationException("A stored draft is null.");
}

/// <summary>Values of variables under a name.</summary>
public sealed record ValueSet(string Name, IReadOnlyDictionary<string, string> Values);

/// <summary>What somebody preferred among the answers to one question.</summary>
/// <param name="Question">The question in the first column.</param>
/// <param name="Losers">What made the answers that were not preferred.</param>
/// <param name="Winner">What made the preferred one, as its column is called; null where none was better.</param>
/// <param name="Column">Where that one stood, from 0: two columns may be called the same.</param>
public sealed record Preference(MessageId Question, IReadOnlyList<string> Losers, string? Winner = null, int? Column = null);
