using System.Collections.ObjectModel;
using MistralStudio.Core.Agents;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Models;
using MistralStudio.Core.Prompts;
using MistralStudio.Web.Features.Chat.ToolCalls;

namespace MistralStudio.Web.Features.Chat;

/// <summary>What the next answer is made with.</summary>
public sealed record ChatSetup(string Model, string Instructions, GenerationSettings Settings, IReadOnlyList<KnowledgeBaseId> Knowledge)
{
    /// <summary>How much of <see cref="Knowledge"/> is read.</summary>
    public KnowledgeReading Reading { get; init; } = KnowledgeReading.Default;

    /// <summary>Messages that stand before the conversation: what a prompt begins with after its instructions.</summary>
    public IReadOnlyList<TurnMessage> Opening { get; init; } = [];

    /// <summary>Tools that the model may call.</summary>
    public IReadOnlyList<PromptTool> Tools { get; init; } = [];

    /// <summary>How long it works with them.</summary>
    public ToolLimits Limits { get; init; } = ToolLimits.Default;

    /// <summary>What is called without asking; null: nothing that does something.</summary>
    public ToolAllowance? Allowance { get; init; }

    /// <summary>Values of variables, where <see cref="Model"/> is a saved prompt; they are kept with the conversation.</summary>
    public IReadOnlyDictionary<string, string> Values { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>The form of the answer; null for words.</summary>
    public PromptSchema? Answer { get; init; }

    /// <summary>How many alternatives are told beside each token; null: nothing is told of likelihood.</summary>
    public int? Alternatives { get; init; }

    /// <summary>The default model and nothing else.</summary>
    public static ChatSetup Default { get; } = new(ModelReference.Default.ToString(), "", GenerationSettings.Default, []);

    /// <summary>The turn that answers the last of the messages.</summary>
    /// <param name="heard">Bases whose words the messages may hold.</param>
    /// <param name="files">The base of the conversation's own files; empty where it has none.</param>
    /// <param name="reader">Whose conversation it is; null where it has no files.</param>
    internal AgentTurn ToTurn(
        WorkspaceId workspace, IReadOnlyList<TurnMessage> messages, IReadOnlyList<KnowledgeBaseId> heard, IReadOnlyList<KnowledgeBaseId> files, UserId? reader) => new()
    {
        Workspace = workspace,
        Model = ModelReference.OrDefault(Model),
        Instructions = Instructions,
        Messages = [.. Opening, .. messages],
        Knowledge = [.. Knowledge, .. files],
        Reader = reader,
        Reading = Reading,
        Heard = heard,
        Settings = Settings,
        Tools = Tools,
        Limits = Limits,
        Variables = Values,
        Answer = Answer,
        Alternatives = Alternatives,
    };

    /// <summary>What is kept of it with a conversation beside the columns that it has there; null where there is nothing.</summary>
    internal ConversationDraft? ToDraft() => Values.Count > 0 ? new ConversationDraft { Values = Values } : null;

    internal static ChatSetup Of(Conversation conversation) => new(conversation.Model, conversation.Instructions, conversation.Settings, conversation.Knowledge) { Reading = conversation.Reading };
}
