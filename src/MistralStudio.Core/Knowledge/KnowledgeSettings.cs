using System.ComponentModel.DataAnnotations;

namespace MistralStudio.Core.Knowledge;

/// <summary>What can be set for one knowledge base. Members that a stored text lacks keep their defaults.</summary>
public sealed record KnowledgeSettings
{
    /// <summary>How its documents are cut into passages; a change cuts them again.</summary>
    public SplittingSettings Splitting { get; init; } = new();

    /// <summary>How it is searched.</summary>
    public SearchSettings Search { get; init; } = new();
}

/// <summary>How documents are cut into passages. Lengths are characters, about four to a token in English.</summary>
public sealed record SplittingSettings
{
    /// <summary>Bounds of <see cref="PassageCharacters"/>.</summary>
    public const int ShortestPassage = 100, LongestPassage = 4_000;

    /// <summary>Longest <see cref="ParentCharacters"/>.</summary>
    public const int LongestParent = 16_000;

    /// <summary>Length that passages are cut to: small ones find facts, large ones answer broad questions. Null: what the operator set.</summary>
    [Range(ShortestPassage, LongestPassage)]
    public int? PassageCharacters { get; init; }

    /// <summary>How much of a passage's end the next one of the same section begins with, in whole sentences.</summary>
    [Range(0, LongestPassage / 2)]
    public int OverlapCharacters { get; init; }

    /// <summary>Length of the piece around a passage that a model reads; 0: the passage itself.</summary>
    [Range(0, LongestParent)]
    public int ParentCharacters { get; init; } = 2_400;

    /// <summary>Whether each piece of a long table begins with the table's header row.</summary>
    public bool RepeatTableHeaders { get; init; } = true;
}
