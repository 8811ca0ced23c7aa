using MistralStudio.Core;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Models;
using MistralStudio.Core.Prompts;
using MistralStudio.Web.Features.Chat;

namespace MistralStudio.Web.Features.Playground;

/// <summary>What the playground works with.</summary>
public sealed record PlaygroundServices(
    ChatTurns Turns,
    IConversationStore Conversations,
    IFeedbackStore Feedback,
    IModelRouter Models,
    IModelHost Host,
    IKnowledgeStore Knowledge,
    PlaygroundFiles Files,
    TimeProvider Clock)
{
    /// <summary>Finds a version of a prompt by <c>prompt:slug@number</c>.</summary>
    public Func<WorkspaceId, ModelReference, CancellationToken, Task<Result<PromptContent>>>? Prompts { get; init; }

    /// <summary>The prompts that a column may be asked with.</summary>
    public Func<WorkspaceId, CancellationToken, Task<IReadOnlyList<PromptChoice>>>? ListPrompts { get; init; }

    /// <summary>Keeps the images of conversations; null where none can be added.</summary>
    public IConversationImages? Images { get; init; }

    /// <summary>False once the person's sign-in or rights ended; asked while answers are made that outlive the page.</summary>
    public Func<CancellationToken, Task<bool>>? Stands { get; init; }
}

/// <summary>A prompt version in a chooser.</summary>
/// <param name="Name">Of the prompt, with the version's number, and its label where it has one.</param>
/// <param name="Reference"><c>prompt:slug@number</c>.</param>
public sealed record PromptChoice(string Name, string Reference);

/// <summary>What takes the files of conversations, and removes them.</summary>
public sealed record PlaygroundFiles(IConversationFiles Files, IDocumentIntake Intake, IConversationFileErasure Erasure);
