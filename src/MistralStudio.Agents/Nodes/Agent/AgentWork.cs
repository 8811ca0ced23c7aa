using System.Text.Json;
using Microsoft.Extensions.AI;
using MistralStudio.Agents.Tools;
using MistralStudio.Core;
using MistralStudio.Core.Agents;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Models;

namespace MistralStudio.Agents.Nodes.Agent;

/// <summary>
/// One run of an Agent node: the model is asked, the tools that it wants are called, until it answers. Whatever is done outside is a step that
/// the journal has; a run that goes on walks through what it has in the same order and does the rest.
/// </summary>
internal sealed class AgentWork(NodeExecution execution, AgentConfig config, ModelCalls calls, AgentToolbox toolbox)
{
    private const string Approve = "approve";
    private const string Refuse = "refuse";

    private const int MostInReport = 2_000;

    private readonly HashSet<DocumentId> _sources = [.. execution.Sources];
    private readonly List<object> _report = [];
    private TokenUsage _usage = new(0, 0);
    private string _model = config.Model;
    private int _step;

    // The decision that woke the node, until its approval has taken it.
    private Resumption? _decision = execution.Resumption is { Decision: Approve or Refuse or Resumption.Expired } decision ? decision : null;

    private bool NextIsRecorded => _step < execution.Steps.Recorded;

    public async ValueTask<NodeOutcome> RunAsync(CancellationToken cancellationToken)
    {
        var hears = await toolbox.HearsAsync(execution, config, cancellationToken);
        if (!hears.IsSuccess)
        {
            return new NodeOutcome.Failed(hears.Error);
        }

        var listed = await ListAsync(cancellationToken);
        if (!listed.IsSuccess)
        {
            return new NodeOutcome.Failed(listed.Error);
        }

        var functions = listed.Value;
        var described = string.Join('\n', functions.Select(function => $"{function.Name} {function.Description} {function.Parameters.GetRawText()}"));
        List<ChatMessage>? messages = null;
        for (var turn = 1; turn <= config.MaxSteps; turn++)
        {
            // Asked for each time: what was allowed when the node began may not be any more.
            var model = await calls.ResolveAsync(execution with { Sources = _sources }, config.Model, hears.Value, cancellationToken);
            if (!model.IsSuccess)
            {
                return ModelFailure.Of(model.Error);
            }

            var counter = model.Value.Chat.GetService<ITokenCounter>();
            if (messages is null)
            {
                if (functions.Count > 0 && !ChatAbilities.Of(model.Value.Chat).Tools)
                {
                    return new NodeOutcome.Failed(ToolCallErrors.NoTools(model.Value.Id));
                }

                messages = MessageValues.Compose(
                    config.System.Trim(), MessageValues.Read(execution.Inputs.GetValueOrDefault("messages")), config.Prompt.Trim(), config.MaxTokens, counter);
                if (messages is not [.., { } task] || task.Role != ChatRole.User)
                {
                    return new NodeOutcome.Failed(ModelErrors.EmptyPrompt());
                }
            }

            ToolMemory.MakeRoom(messages, config.MaxTokens, described, counter);
            var said = await AskAsync(model.Value, messages, functions, turn, cancellationToken);
            if (!said.IsSuccess)
            {
                return new NodeOutcome.Failed(said.Error);
            }

            var answer = said.Value;
            if (answer.Calls.Count == 0)
            {
                return Done(answer.Text);
            }

            messages.Add(answer.Message());
            var shown = ToolText.Shown(counter?.ContextLength);
            foreach (var call in answer.Calls)
            {
                var (text, outcome) = await CallAsync(call, functions, cancellationToken);
                if (outcome is not null)
                {
                    return outcome;
                }

                messages.Add(WantedCall.Result(call.Id, ToolText.Cut(text, shown)));
            }
        }

        return new NodeOutcome.Failed(ToolCallErrors.StepsOver(config.MaxSteps));
    }

    // What servers and flows say of themselves is kept: the agent has the tools that it began with, whatever becomes of them while it waits.
    private async ValueTask<Result<IReadOnlyList<AgentFunction>>> ListAsync(CancellationToken cancellationToken)
    {
        if (config.Tools.All(tool => tool.Kind is ToolKind.Knowledge or ToolKind.Http))
        {
            return await toolbox.ListAsync(execution, config, cancellationToken);
        }

        var step = await StepAsync(new NodeStep("tools", NodeEffects.Reads), async token =>
        {
            var listed = await toolbox.ListAsync(execution, config, token);
            return listed.IsSuccess ? new StepValue(FlowValue.From(listed.Value))
                : ModelFailure.IsTransient(listed.Error) ? throw new PassingFailureException(listed.Error)
                : listed.Error;
        }, cancellationToken);
        return step.IsSuccess ? Result<IReadOnlyList<AgentFunction>>.Success(step.Value.Json.Deserialize<List<AgentFunction>>(FlowJson.Relaxed)!) : step.Error;
    }

    private async ValueTask<Result<ModelTurn>> AskAsync(
        ResolvedModel model, List<ChatMessage> messages, IReadOnlyList<AgentFunction> functions, int turn, CancellationToken cancellationToken)
    {
        var step = await StepAsync(new NodeStep("model", NodeEffects.Reads), async token =>
        {
            var options = new ChatOptions
            {
                Temperature = config.Temperature,
                MaxOutputTokens = config.MaxTokens,
                // Declared and never invoked by the client: each call is a step of its own.
                Tools = functions.Count == 0 ? null : [.. functions.Select(function => AIFunctionFactory.CreateDeclaration(function.Name, function.Description, function.Parameters))],
            };
            try
            {
                var answer = await calls.AskAsync(execution, model, messages, options, execution.Stream, token);
                return new StepValue(FlowValue.From(ModelTurn.Of(answer, turn)).From(_sources), answer.RunUsage);
            }
            catch (ModelException failure) when (ModelFailure.Of(failure) is NodeOutcome.Failed { IsTransient: true })
            {
                throw new PassingFailureException(failure);
            }
            catch (ModelException failure)
            {
                return failure.Error;
            }
        }, cancellationToken);
        if (!step.IsSuccess)
        {
            return step.Error;
        }

        var said = step.Value.Json.Deserialize<ModelTurn>(FlowJson.Relaxed)!;
        var usage = said.Usage();
        _model = said.Model;
        _usage = new TokenUsage(
            _usage.InputTokens + usage.InputTokens, _usage.OutputTokens + usage.OutputTokens, _usage.CachedTokens + usage.CachedTokens,
            _usage.Cost is null && usage.Cost is null ? null : (_usage.Cost ?? 0) + (usage.Cost ?? 0))
        {
            StandIn = usage.StandIn ?? _usage.StandIn,
        };
        _report.Add(new { kind = "model", said.Text, calls = said.Calls.Count == 0 ? null : said.Calls.Select(call => call.Name) });
        return said;
    }

    // What the model is told, or what becomes of the node.
    private async ValueTask<(string Text, NodeOutcome? Outcome)> CallAsync(WantedCall wanted, IReadOnlyList<AgentFunction> functions, CancellationToken cancellationToken)
    {
        if (functions.FirstOrDefault(one => one.Name == wanted.Name) is not { } function)
        {
            return (Told(wanted, ToolCallErrors.NoSuchTool(wanted.Name).ToString(), null), null);
        }

        if (wanted.Problem(function.Parameters) is { } problem)
        {
            return (Told(wanted, problem.ToString(), null), null);
        }

        UserId? by = null;
        if (NeedsApproval(function))
        {
            var (decided, outcome) = await DecideAsync(wanted, function, cancellationToken);
            if (outcome is not null)
            {
                return ("", outcome);
            }

            by = decided!.By;
            if (decided.Decision != Approve)
            {
                return (Told(wanted, $"A person refused this call. {decided.Note}".TrimEnd(), by), null);
            }
        }

        var key = $"{execution.IdempotencyKey}#{_step + 1}";
        var step = await StepAsync(new NodeStep($"tool {function.Name}", function.Effects) { IsIdempotent = function.IsIdempotent }, async token =>
        {
            var call = new AgentCall(execution, config.Tools[function.Tool], function, wanted.Arguments!.Value, key, [.. _sources]);
            var result = await toolbox.CallAsync(call, token);
            return result.IsSuccess
                ? new StepValue(ToolTurn.Write(result.Value.Text, failed: false) with { Sources = result.Value.Sources }, result.Value.Usage)
                : new StepValue(ToolTurn.Write($"The tool failed: {result.Error}", failed: true));
        }, cancellationToken);
        if (!step.IsSuccess)
        {
            return ("", new NodeOutcome.Failed(step.Error));
        }

        _sources.UnionWith(step.Value.Sources);
        return (Told(wanted, ToolTurn.Read(step.Value), by), null);
    }

    // Who wrote a draft is not who presses Run: its author's word counts once it was published.
    private bool NeedsApproval(AgentFunction function) =>
        function.Effects == NodeEffects.Changes && !(execution.Start.Version is not null && config.Approved.Contains(function.Name));

    private async ValueTask<(Decided? Decided, NodeOutcome? Outcome)> DecideAsync(WantedCall wanted, AgentFunction function, CancellationToken cancellationToken)
    {
        if (!NextIsRecorded && _decision is null)
        {
            return (null, new NodeOutcome.Suspended(new Bookmark(BookmarkId.New(), BookmarkKind.Approval)
            {
                Title = $"Let the agent call \"{function.Name}\"?",
                Details = FlowValue.From(new { tool = function.Name, function.Description, wanted.Arguments }).Json,
                Sources = [.. _sources],
                Who = config.Who,
                Decisions = [Approve, Refuse],
                ExpiresAt = execution.Time.GetUtcNow() + config.Expires,
            }));
        }

        if (!NextIsRecorded && _decision is { Decision: Resumption.Expired })
        {
            return (null, new NodeOutcome.Failed(AgentNodeErrors.ApprovalExpired(function.Name)));
        }

        var step = await StepAsync(new NodeStep($"approval of {function.Name}", NodeEffects.Pure), _ =>
        {
            var note = _decision!.Values.TryGetValue("note", out var words) && words.ValueKind == JsonValueKind.String ? words.GetString()! : "";
            return new(new StepValue(FlowValue.From(new Decided(_decision.Bookmark, _decision.Decision, note, _decision.By))));
        }, cancellationToken);
        if (!step.IsSuccess)
        {
            return (null, new NodeOutcome.Failed(step.Error));
        }

        var decided = step.Value.Json.Deserialize<Decided>(FlowJson.Relaxed)!;
        if (decided.Bookmark == _decision?.Bookmark)
        {
            _decision = null;
        }

        return (decided, null);
    }

    private ValueTask<Result<FlowValue>> StepAsync(NodeStep step, Func<CancellationToken, ValueTask<Result<StepValue>>> work, CancellationToken cancellationToken)
    {
        _step++;
        return execution.Steps.RunAsync(step, work, cancellationToken);
    }

    private string Told(WantedCall wanted, string text, UserId? by)
    {
        _report.Add(new { kind = "tool", wanted.Name, wanted.Arguments, result = ToolText.Cut(text, MostInReport), approvedBy = by });
        return text;
    }

    private NodeOutcome.Succeeded Done(string text) => new(new Dictionary<string, FlowValue>(StringComparer.Ordinal)
    {
        ["text"] = FlowValue.Of(text).From(_sources),
        ["steps"] = FlowValue.From(_report).From(_sources),
        ["usage"] = FlowValue.From(new { Model = _model, _usage.InputTokens, _usage.OutputTokens, _usage.CachedTokens, _usage.Cost, _usage.StandIn }),
    });

    private sealed record Decided(BookmarkId Bookmark, string Decision, string Note, UserId? By);
}
