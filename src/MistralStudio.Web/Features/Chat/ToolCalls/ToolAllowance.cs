using System.Collections.Concurrent;
using MistralStudio.Core.Prompts;
using MistralStudio.Core.Security;

namespace MistralStudio.Web.Features.Chat.ToolCalls;

/// <summary>
/// What a person lets the models of a page call without asking. It is theirs and of this page alone: it comes with no prompt, since that may be
/// somebody else's, and is gone when the page is.
/// </summary>
/// <param name="may">Asked before each call: false for a permission that the person does not have.</param>
public sealed class ToolAllowance(Func<string, bool> may)
{
    private readonly ConcurrentDictionary<PromptToolSource, bool> _allowed = new();

    /// <summary>Every call waits for the person, also of tools that do nothing.</summary>
    public bool StepByStep { get; set; }

    /// <summary>True where the person may have tools of servers called at all: who may build flows can have any of them called.</summary>
    public bool MayUseServers => may(Permissions.FlowsWrite);

    /// <summary>True where the person may have flows run at all.</summary>
    public bool MayRunFlows => may(Permissions.FlowsRun);

    /// <summary>False for a tool that the person may not have called at all.</summary>
    public bool May(PromptTool tool) => tool.Source switch
    {
        { Mcp: not null } => MayUseServers,
        { Flow: not null } => MayRunFlows,
        _ => true,
    };

    /// <summary>True where a call of a tool is made without asking.</summary>
    public bool Allows(PromptTool tool) => !StepByStep && tool.Source is { } source && (!source.Acts || _allowed.ContainsKey(source));

    /// <summary>Does not ask about a tool that does something any more.</summary>
    public void Allow(PromptTool tool)
    {
        if (tool.Source is { Acts: true } source)
        {
            _allowed[source] = true;
        }
    }

    /// <summary>Asks about it again.</summary>
    public void Forget(PromptTool tool)
    {
        if (tool.Source is { } source)
        {
            _allowed.TryRemove(source, out _);
        }
    }
}
