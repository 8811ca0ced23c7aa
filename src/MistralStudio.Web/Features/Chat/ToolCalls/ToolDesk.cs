using System.Collections.Concurrent;
using MistralStudio.Core.Agents;
using MistralStudio.Core.Prompts;

namespace MistralStudio.Web.Features.Chat.ToolCalls;

/// <summary>The calls of one answer that wait for a person. It belongs to the answer, so that a page that opens it later can decide as well.</summary>
public sealed class ToolDesk(ToolAllowance allowance) : IToolDesk
{
    private readonly ConcurrentDictionary<string, (PromptTool Tool, TaskCompletionSource<ToolDecision> Decided)> _waiting = new(StringComparer.Ordinal);

    /// <summary>Raised when a call begins or ceases to wait; from any thread.</summary>
    public event Action? Changed;

    /// <summary>What is called without asking.</summary>
    public ToolAllowance Allowance => allowance;

    /// <inheritdoc/>
    public async ValueTask<ToolDecision> DecideAsync(PromptTool tool, ToolUse use, CancellationToken cancellationToken)
    {
        if (!allowance.May(tool))
        {
            return new ToolDecision.Refuse(tool.Source?.Flow is null ? "This person may not have tools of servers called." : "This person may not have flows run.");
        }

        if (allowance.Allows(tool))
        {
            return new ToolDecision.Run();
        }

        var decided = new TaskCompletionSource<ToolDecision>(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting[use.Id] = (tool, decided);
        Changed?.Invoke();
        try
        {
            return await decided.Task.WaitAsync(cancellationToken);
        }
        finally
        {
            _waiting.TryRemove(use.Id, out _);
            Changed?.Invoke();
        }
    }

    /// <summary>The tool of a call that waits; null where it does not.</summary>
    public PromptTool? Waiting(string use) => _waiting.TryGetValue(use, out var found) ? found.Tool : null;

    /// <summary>Decides about a call; false where it waits no longer: it was decided in another tab, stopped, or given up.</summary>
    public bool Decide(string use, ToolDecision decision) => _waiting.TryGetValue(use, out var found) && found.Decided.TrySetResult(decision);
}
