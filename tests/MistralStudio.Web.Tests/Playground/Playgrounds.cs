using Microsoft.Extensions.Logging.Abstractions;
using MistralStudio.Core;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Models;
using MistralStudio.Core.Prompts;
using MistralStudio.Tests.Shared.Fakes;
using MistralStudio.Web.Features.Chat;
using MistralStudio.Web.Features.Playground;
using MistralStudio.Web.Layout;
using MistralStudio.Web.Tests.Chat;
using MistralStudio.Web.Tests.Knowledge;

namespace MistralStudio.Web.Tests.Playground;

/// <summary>Playgrounds over fakes.</summary>
internal static class Playgrounds
{
    public static PlaygroundState Open(
        ChatTurns turns, IConversationStore store, WorkspaceScope scope, InMemoryKnowledge? knowledge = null, RecordingErasure? erasure = null, TimeProvider? time = null,
        Func<string, Result<PromptContent>>? prompts = null, IModelRouter? models = null, IConversationImages? images = null)
    {
        knowledge ??= new InMemoryKnowledge();
        var services = new PlaygroundServices(
            turns, store, new RecordingFeedback(), models ?? new FakeModelRouter(new ScriptedChatClient(_ => "")), new ModelShelf(), knowledge,
            new(knowledge, new RecordingIntake(knowledge), erasure ?? new RecordingErasure()), time ?? TimeProvider.System)
        {
            Images = images,
            Prompts = prompts is null ? null : (_, reference, _) => Task.FromResult(prompts(reference.ToString())),
        };
        return new PlaygroundState(services, scope, NullLogger.Instance);
    }
}
