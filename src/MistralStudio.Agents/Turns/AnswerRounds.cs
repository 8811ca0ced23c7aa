using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Microsoft.SemanticKernel;
using FunctionCallContent = Microsoft.Extensions.AI.FunctionCallContent;
using MistralStudio.Agents.Mcp;
using MistralStudio.Agents.Tools;
using MistralStudio.Core;
using MistralStudio.Core.Agents;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Models;

namespace MistralStudio.Agents.Turns;

/// <summary>
/// One answer: the model is asked, the tools that it wants are called, until it has words alone. What it came to stands in the properties when
/// the stream has ended; only a cancellation before anything was said or done leaves it as an exception.
/// </summary>
/// <param name="messages">What the model is asked; its calls and their results are added.</param>
/// <param name="sources">Documents whose words are among them.</param>
internal sealed class AnswerRounds(
    AgentTurn turn, Kernel kernel, TurnTools tools, List<ChatMessage> messages, ChatOptions options, IReadOnlyCollection<DocumentId> sources, int? context, TurnClock clock, TimeProvider time)
{
    private readonly StringBuilder _text = new();
    private readonly HashSet<DocumentId> _sources = [.. sources];
    private readonly List<AIContent> _wanted = [];
    private bool _hasTools;

    /// <summary>Everything that was said.</summary>
    public string Text => _text.ToString();

    /// <summary>The last words, without those between calls of tools.</summary>
    public string LastText => _text.ToString(LastBegin, _text.Length - LastBegin);

    /// <summary>Why the last words ended: <c>stop</c>, <c>length</c>.</summary>
    public string Finish { get; private set; } = "stop";

    /// <summary>Why there is no answer; null where there is one.</summary>
    public Error? Failure { get; private set; }

    /// <summary>When the model that failed can be asked again, where it says so.</summary>
    public TimeSpan? RetryAfter { get; private set; }

    /// <summary>True where it was cancelled after something was said or done.</summary>
    public bool IsStopped { get; private set; }

    private int LastBegin { get; set; }

    public async IAsyncEnumerable<AgentEvent> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var round = 1; ; round++)
        {
            await foreach (var happened in AskAsync(cancellationToken))
            {
                yield return happened;
            }

            var calls = WantedCall.In(_wanted, round);
            if (Failure is not null || IsStopped || calls.Count == 0)
            {
                yield break;
            }

            if (round >= turn.Limits.MostSteps)
            {
                Failure = ToolCallErrors.StepsOver(turn.Limits.MostSteps);
                yield break;
            }

            messages.Add(WantedCall.Message(LastText, calls));
            foreach (var call in calls)
            {
                await foreach (var use in CallAsync(call, round, cancellationToken))
                {
                    yield return new AgentEvent.Tool(use);
                }

                if (IsStopped)
                {
                    yield break;
                }
            }

            clock.BeginNext();
        }
    }

    private async IAsyncEnumerable<AgentEvent> AskAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        _wanted.Clear();
        var begun = false;
        LastBegin = _text.Length;
        var updates = kernel.InvokeStreamingAsync<ChatResponseUpdate>(
            TurnSteps.PluginName,
            TurnSteps.Answer,
            new KernelArguments { ["messages"] = messages, ["options"] = options.Clone() },
            cancellationToken).GetAsyncEnumerator(cancellationToken);
        await using (updates.ConfigureAwait(false))
        {
            while (true)
            {
                ChatResponseUpdate update;
                try
                {
                    if (!await updates.MoveNextAsync())
                    {
                        break;
                    }

                    update = updates.Current;
                }
                catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested && (_text.Length > 0 || _hasTools))
                {
                    IsStopped = true;
                    break;
                }
                catch (Exception exception) when (FailureOf(exception) is { } failed)
                {
                    (Failure, RetryAfter) = (failed.Error, failed.RetryAfter);
                    break;
                }

                clock.Read(update);
                Finish = update.FinishReason?.Value ?? Finish;
                _wanted.AddRange(update.Contents.OfType<FunctionCallContent>());
                if (update.Text.Length == 0)
                {
                    continue;
                }

                if (!begun && _text.Length > 0)
                {
                    // Words after a tool are a paragraph of their own.
                    _text.Append("\n\n");
                    LastBegin = _text.Length;
                    yield return new AgentEvent.TextDelta("\n\n");
                }

                begun = true;
                _text.Append(update.Text);
                yield return new AgentEvent.TextDelta(update.Text);
                if (turn.Alternatives is not null && update.Logprobs is { Count: > 0 } told)
                {
                    yield return new AgentEvent.Confidence(told);
                }
            }
        }
    }

    private async IAsyncEnumerable<ToolUse> CallAsync(WantedCall call, int round, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        _hasTools = true;
        var use = new ToolUse
        {
            Id = call.Id,
            Tool = call.Name,
            Arguments = call.Arguments is { } wanted ? JsonSerializer.Serialize(wanted, FlowJson.Relaxed) : "",
            Round = round,
            At = _text.Length,
            State = ToolUseState.Asked,
        };
        yield return use;
        var tool = turn.Tools.FirstOrDefault(one => one.Name == call.Name);
        if (tool is null || call.Problem(tool.Parameters) is not null)
        {
            var problem = tool is null ? ToolCallErrors.NoSuchTool(call.Name) : call.Problem(tool.Parameters)!;
            yield return Told(use with { State = ToolUseState.Failed, Error = problem }, problem.ToString());
            yield break;
        }

        var asked = time.GetTimestamp();
        var decided = await StoppableAsync(() => tools.DecideAsync(turn, tool, use, cancellationToken), cancellationToken);
        var deciding = time.GetElapsedTime(asked).TotalMilliseconds;
        if (decided is not { } decision)
        {
            clock.NoteTool(deciding, 0);
            yield break;
        }

        switch (decision)
        {
            case { IsSuccess: false, Error: var undecided }:
                clock.NoteTool(deciding, 0);
                yield return Told(use with { State = ToolUseState.Failed, Error = undecided }, undecided.ToString());
                yield break;
            case { Value: ToolDecision.Refuse refused }:
                clock.NoteTool(deciding, 0);
                yield return Told(use with { State = ToolUseState.Refused, Note = refused.Note }, $"A person refused this call. {refused.Note}".TrimEnd());
                yield break;
            case { Value: ToolDecision.Give given }:
                clock.NoteTool(deciding, 0);
                yield return Told(use with { State = ToolUseState.Answered, Result = ToolText.Cut(given.Result, ToolText.MostKept), ByHand = true }, given.Result);
                yield break;
        }

        if (decision.Value is ToolDecision.Run { Arguments: { } written })
        {
            use = use with { Arguments = written.GetRawText(), Wanted = use.Arguments };
        }

        use = use with { State = ToolUseState.Running };
        yield return use;
        var began = time.GetTimestamp();
        RunId? run = null;
        var called = await StoppableAsync(
            () => tools.CallAsync(turn, tool, JsonElement.Parse(use.Arguments), [.. _sources], ran => run = ran, cancellationToken), cancellationToken);
        use = use with { Run = run, Ms = time.GetElapsedTime(began).TotalMilliseconds };
        clock.NoteTool(deciding, use.Ms);
        if (called is { } outcome)
        {
            _sources.UnionWith(outcome.IsSuccess ? outcome.Value.Sources : []);
            yield return outcome.IsSuccess
                ? Told(
                    use with { State = ToolUseState.Answered, Result = ToolText.Cut(outcome.Value.Text, ToolText.MostKept), Heard = outcome.Value.Heard is { Count: > 0 } heard ? heard : null },
                    outcome.Value.Text)
                : Told(
                    use with { State = outcome.Error.Code is ToolCallErrors.NoAnswerCode or McpErrors.TimedOutCode ? ToolUseState.TimedOut : ToolUseState.Failed, Error = outcome.Error },
                    $"The tool failed: {outcome.Error}");
        }
    }

    // Null where the turn was stopped meanwhile.
    private async Task<Result<T>?> StoppableAsync<T>(Func<Task<Result<T>>> work, CancellationToken cancellationToken)
    {
        try
        {
            return await work();
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            IsStopped = true;
            return null;
        }
    }

    private ToolUse Told(ToolUse use, string result)
    {
        messages.Add(WantedCall.Result(use.Id, ToolText.Cut(result, ToolText.Shown(context))));
        return use;
    }

    // Semantic Kernel wraps what a function throws; the model's own words are inside.
    private static ModelException? FailureOf(Exception exception) => exception switch
    {
        ModelException model => model,
        { InnerException: { } inner } and not OperationCanceledException => FailureOf(inner),
        _ => null,
    };
}
