using System.Text.Json;
using MistralStudio.Agents.Mcp;
using MistralStudio.Agents.Tools;
using MistralStudio.Core;
using MistralStudio.Core.Agents;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Prompts;

namespace MistralStudio.Agents.Turns;

/// <summary>Decides about a turn's calls of tools and makes them; neither waits without end.</summary>
internal sealed class TurnTools(IToolServers servers, TurnFlows flows, TimeProvider time)
{
    /// <summary>What becomes of a call: a person says so, or what they allowed before.</summary>
    public async Task<Result<ToolDecision>> DecideAsync(AgentTurn turn, PromptTool tool, ToolUse use, CancellationToken cancellationToken)
    {
        if (turn.Desk is not { } desk)
        {
            return tool.Source?.Mock is null ? ToolCallErrors.NobodyThere(tool.Name) : new ToolDecision.Run();
        }

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            return await desk.DecideAsync(tool, use, stop.Token).AsTask().WaitAsync(turn.Limits.Decision, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            await stop.CancelAsync();
            return ToolCallErrors.Undecided(tool.Name, turn.Limits.Decision);
        }
    }

    /// <summary>Makes a call and waits for its result, no longer than <see cref="ToolLimits.Result"/>.</summary>
    /// <param name="sources">Documents that the model has read words of.</param>
    /// <param name="ran">Is told which run a flow made.</param>
    public async Task<Result<TurnOutcome>> CallAsync(
        AgentTurn turn, PromptTool tool, JsonElement arguments, IReadOnlyCollection<DocumentId> sources, Action<RunId> ran, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var limit = turn.Limits.Result;
        try
        {
            // Not every server looks up when it is told to stop: it is left alone then.
            return await ToolKernel.CallAsync(tool.Name, tool.Description, token => FromAsync(turn, tool, arguments, sources, ran, token), stop.Token)
                .WaitAsync(limit, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            await stop.CancelAsync();
            return ToolCallErrors.NoAnswer(tool.Name, limit);
        }
    }

    private async Task<Result<TurnOutcome>> FromAsync(
        AgentTurn turn, PromptTool tool, JsonElement arguments, IReadOnlyCollection<DocumentId> sources, Action<RunId> ran, CancellationToken cancellationToken)
    {
        if (tool.Source?.Mcp is { } elsewhere)
        {
            var call = new ToolCall(turn.Workspace, elsewhere.Server, elsewhere.Tool, arguments) { Sources = sources, Knowledge = [.. turn.Knowledge, .. turn.Heard] };
            var result = await servers.CallAsync(call, cancellationToken);
            return result.IsSuccess ? new TurnOutcome(ToolOutcome.Of(result.Value).Text) : result.Error;
        }

        return tool.Source switch
        {
            { Flow: { } flow } => await flows.CallAsync(turn, flow, arguments, sources, ran, cancellationToken),
            { Mock: { } text } => new TurnOutcome(text),
            _ => ToolCallErrors.NeedsResult(tool.Name),
        };
    }
}

/// <summary>What a tool gave a turn: text for the model.</summary>
internal sealed record TurnOutcome(string Text)
{
    /// <summary>Documents that the text came from.</summary>
    public IReadOnlyList<DocumentId> Sources { get; init; } = [];

    /// <summary>The bases that these are in: their words are in the conversation from now on.</summary>
    public IReadOnlyList<KnowledgeBaseId> Heard { get; init; } = [];
}
