using Microsoft.Extensions.AI;

namespace MistralStudio.Inference.ChatTemplates;

/// <summary>A conversation that is about to be written for a model.</summary>
/// <param name="Messages">The messages, oldest first: texts, reasoning, calls of tools and their results.</param>
internal sealed record ChatPrompt(IReadOnlyList<ChatMessage> Messages)
{
    /// <summary>Tools that the model may call; a template that knows none leaves them out.</summary>
    public IReadOnlyList<AIFunctionDeclaration> Tools { get; init; } = [];

    /// <summary>True to end with the opening of the model's turn.</summary>
    public bool AddGenerationPrompt { get; init; } = true;

    /// <summary>
    /// Further variables that a template may read (<c>enable_thinking</c>); texts in them are foreign. Those that every template has cannot be
    /// replaced.
    /// </summary>
    public IReadOnlyDictionary<string, object?> Variables { get; init; } = new Dictionary<string, object?>();
}
