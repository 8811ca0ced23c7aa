using System.Text;
using MistralStudio.Core;
using MistralStudio.Core.Agents;
using MistralStudio.Core.Batches;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Models;
using MistralStudio.Core.Prompts;
using MistralStudio.Core.Schemas;
using MistralStudio.Core.Tables;

namespace MistralStudio.Agents.Batches;

/// <summary>What came of asking about a row once.</summary>
/// <param name="Error">Null where there is an answer.</param>
/// <param name="RetryAfter">When the model says that it can be asked again; null where it does not say.</param>
internal sealed record RowOutcome(
    TableRow Row, int Attempt, string Text, Error? Error, TimeSpan? RetryAfter, TokenUsage? Usage, double Milliseconds)
{
    /// <summary>As it is kept.</summary>
    public BatchResult Result => new(
        Row.Number, Error is null ? BatchRowState.Succeeded : BatchRowState.Failed, Text, Error, Attempt,
        Usage?.InputTokens ?? 0, Usage?.OutputTokens ?? 0, Usage?.Cost, Milliseconds);
}

/// <summary>Puts a row's cells into the prompt of a batch and asks its model.</summary>
internal sealed class RowAsker
{
    private readonly IAgentRunner _runner;
    private readonly Batch _batch;
    private readonly ModelReference _model;
    private readonly TimeProvider _time;
    private readonly List<(PromptVariable Variable, int Column)> _filled = [];
    private readonly JsonSchema? _form;

    /// <param name="columns">Of the batch's table.</param>
    public RowAsker(IAgentRunner runner, Batch batch, IReadOnlyList<string> columns, TimeProvider time)
    {
        (_runner, _batch, _time) = (runner, batch, time);
        _model = ModelOf(batch.Plan);
        _form = batch.Plan.Prompt.Answer is { } answer && JsonSchema.Read(answer.Schema) is { IsSuccess: true } read ? read.Value : null;
        foreach (var variable in PromptTemplates.Variables(batch.Plan.Prompt))
        {
            if (batch.Plan.Columns.TryGetValue(variable.Name, out var column))
            {
                _filled.Add((variable, Enumerable.Range(0, columns.Count).First(place => columns[place] == column)));
            }
        }
    }

    /// <summary>The model that a plan asks.</summary>
    public static ModelReference ModelOf(BatchPlan plan) => ModelReference.OrDefault(plan.Prompt.Model);

    /// <summary>The prompt with a row's cells in it. An empty cell is the variable's default, where it has one.</summary>
    public static Result<IReadOnlyList<TurnMessage>> Fill(BatchPlan plan, IReadOnlyList<string> columns, TableRow row)
    {
        var places = plan.Columns.ToDictionary(pair => pair.Key, pair => Enumerable.Range(0, columns.Count).First(place => columns[place] == pair.Value), StringComparer.Ordinal);
        return PromptTemplates.Fill(plan.Prompt, Values(
            plan, PromptTemplates.Variables(plan.Prompt).Where(variable => places.ContainsKey(variable.Name)).Select(variable => (variable, places[variable.Name])), row));
    }

    /// <summary>Asks once. What the model or the row has wrong is in the outcome.</summary>
    public async Task<RowOutcome> AskAsync(TableRow row, int attempt, CancellationToken cancellationToken)
    {
        var filled = PromptTemplates.Fill(_batch.Plan.Prompt, Values(_batch.Plan, _filled, row));
        if (!filled.IsSuccess)
        {
            return new(row, attempt, "", filled.Error, null, null, 0);
        }

        var began = _time.GetTimestamp();
        var text = new StringBuilder();
        Error? error = null;
        TimeSpan? retryAfter = null;
        TokenUsage? usage = null;
        await foreach (var happened in _runner.RunAsync(TurnOf(filled.Value), cancellationToken))
        {
            switch (happened)
            {
                case AgentEvent.TextDelta delta:
                    text.Append(delta.Text);
                    break;
                case AgentEvent.Completed completed:
                    usage = completed.Usage;
                    break;
                case AgentEvent.Failed failed:
                    (error, retryAfter) = (failed.Error, failed.RetryAfter);
                    break;
            }
        }

        return new(row, attempt, text.ToString(), error ?? CheckForm(text.ToString()), retryAfter, usage, _time.GetElapsedTime(began).TotalMilliseconds);
    }

    // A model that is held to a form is looked after all the same: only what follows it has fields for columns.
    private Error? CheckForm(string text) => _form is null ? null
        : OutputColumns.ReadAnswer(text) is not { } value ? BatchErrors.AnswerNoJson()
        : _form.Validate(value) is [var violation, ..] ? BatchErrors.AnswerAgainstForm(violation)
        : null;

    private AgentTurn TurnOf(IReadOnlyList<TurnMessage> messages)
    {
        var prompt = _batch.Plan.Prompt;
        var system = messages.TakeWhile(message => message.Role == MessageRole.System).Select(message => message.Text).ToList();
        return new AgentTurn
        {
            Workspace = _batch.Workspace,
            Reader = _batch.StartedBy,
            Model = _model,
            Instructions = string.Join("\n\n", system),
            Messages = [.. messages.Skip(system.Count)],
            Knowledge = prompt.Knowledge,
            Reading = prompt.Reading,
            Settings = prompt.Settings,
            Answer = prompt.Answer,
        };
    }

    private static Dictionary<string, string> Values(BatchPlan plan, IEnumerable<(PromptVariable Variable, int Column)> filled, TableRow row)
    {
        var values = new Dictionary<string, string>(plan.Values, StringComparer.Ordinal);
        foreach (var (variable, column) in filled)
        {
            var text = row.TextOf(column);
            if (text.Length > 0 || variable.Default is null)
            {
                values[variable.Name] = text;
            }
        }

        return values;
    }
}
