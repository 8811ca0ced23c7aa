using System.Collections.Concurrent;
using MistralStudio.Core.Prompts;

namespace MistralStudio.Web.Features.Chat.ToolCalls;

/// <summary>
/// What a person lets the models of a page call without asking. It is theirs and of this page alone: it comes with no prompt, since that may be
/// somebody else's, and is gone when the page is.
/// </summary>
/// <param name="mayUseServers">Asked before each call of a server's tool: false for a person who may not have any made.</param>
public sealed class ToolAllowance(Func<bool> mayUseServers)
{
    private readonly ConcurrentDictionary<(string Server, string Tool), bool> _allowed = new();

    /// <summary>Every call waits for the person, also of tools that do nothing.</summary>
    public bool StepByStep { get; set; }

    /// <summary>True where the person may have tools of servers called at all.</summary>
    public bool MayUseServers => mayUseServers();

    /// <summary>True where a call of a tool is made without asking.</summary>
    public bool Allows(PromptTool tool) =>
        !StepByStep && tool.Source is { } source && (source.Mcp is { } elsewhere ? _allowed.ContainsKey((elsewhere.Server, elsewhere.Tool)) : source.Mock is not null);

    /// <summary>Does not ask about a server's tool any more.</summary>
    public void Allow(PromptTool tool)
    {
        if (tool.Source?.Mcp is { } elsewhere)
        {
            _allowed[(elsewhere.Server, elsewhere.Tool)] = true;
        }
    }

    /// <summary>Asks about it again.</summary>
    public void Forget(PromptTool tool)
    {
        if (tool.Source?.Mcp is { } elsewhere)
        {
            _allowed.TryRemove((elsewhere.Server, elsewhere.Tool), out _);
        }
    }
}
