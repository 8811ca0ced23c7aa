using System.Globalization;
using MistralStudio.Agents.Batches;
using MistralStudio.Core;
using MistralStudio.Core.Agents;
using MistralStudio.Core.Batches;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Models;
using MistralStudio.Core.Prompts;
using MistralStudio.Core.Security;
using MistralStudio.Core.Tables;
using MistralStudio.Web.Features.BatchesApi;

namespace MistralStudio.Web.Features.Batches;

/// <summary>A batch that is being put together: table, prompt, what fills its variables, limits. Driven by the page, or by a test without a browser.</summary>
public sealed class NewBatchState(ITableStore tables, IPromptStore prompts, IModelRouter models, BatchOrders orders, BatchRuns runs, Caller caller)
{
    /// <summary>Rows that are shown filled, and tried, before the whole.</summary>
    public const int Looks = 3;

    private const int MostPrompts = 200;

    private PromptContent _saved = PromptContent.Empty;

    /// <summary>The table; null before there is one.</summary>
    public StoredTable? Table { get; private set; }

    /// <summary>Its first rows.</summary>
    public IReadOnlyList<TableRow> Rows { get; private set; } = [];

    /// <summary>Saved prompts that can be chosen; empty where the person may read none.</summary>
    public IReadOnlyList<Prompt> Prompts { get; private set; } = [];

    /// <summary>Models that can be chosen.</summary>
    public IReadOnlyList<ModelChoice> Models { get; private set; } = [];

    /// <summary>The saved prompt that is run: <c>prompt:slug@3</c>; null where it is written here.</summary>
    public string? Reference { get; private set; }

    /// <summary>The prompt of the playground that was brought along; null where none was.</summary>
    public PromptContent? Draft { get; private set; }

    /// <summary>True where that one is run.</summary>
    public bool IsDraft { get; private set; }

    /// <summary>What is written here.</summary>
    public string Instructions { get; set; } = "";

    /// <summary>What is written here, with <c>{{names}}</c>.</summary>
    public string Question { get; set; } = "";

    /// <summary>Asked in the place of the prompt's own; empty: that one.</summary>
    public string Model { get; set; } = "";

    /// <summary>Columns by the variable that each fills.</summary>
    public Dictionary<string, string> Columns { get; } = new(StringComparer.Ordinal);

    /// <summary>Values by the variable that has the same in every row.</summary>
    public Dictionary<string, string> Values { get; } = new(StringComparer.Ordinal);

    /// <summary>Rows at the same time.</summary>
    public int Parallelism { get; set; } = BatchRules.UsualParallel;

    /// <summary>Rows that it may ask about, as typed; empty: no limit.</summary>
    public string MostRows { get; set; } = "";

    /// <summary>Tokens that it may use, as typed; empty: no limit.</summary>
    public string MostTokens { get; set; } = "";

    /// <summary>US dollars that it may cost, as typed; empty: no limit.</summary>
    public string MostCost { get; set; } = "";

    /// <summary>See <see cref="BatchOutput.State"/>.</summary>
    public bool AddsState { get; set; } = true;

    /// <summary>See <see cref="BatchOutput.Tokens"/>.</summary>
    public bool AddsTokens { get; set; }

    /// <summary>See <see cref="BatchOutput.Milliseconds"/>.</summary>
    public bool AddsMilliseconds { get; set; }

    /// <summary>Name of the column with the answer.</summary>
    public string AnswerColumn { get; set; } = "answer";

    /// <summary>What the first rows came to when they were tried; null before.</summary>
    public IReadOnlyList<BatchResult>? Trial { get; private set; }

    /// <summary>True while the first rows are tried, or the batch is begun.</summary>
    public bool IsBusy { get; private set; }

    /// <summary>Why the last command failed.</summary>
    public Error? Error { get; private set; }

    /// <summary>The prompt as it stands.</summary>
    public PromptContent Prompt => Reference is not null ? _saved : IsDraft && Draft is { } draft ? draft : new PromptContent
    {
        Messages = [.. Instructions.Trim().Length > 0 ? [new PromptMessage(MessageRole.System, Instructions)] : (PromptMessage[])[], new PromptMessage(MessageRole.User, Question)],
    };

    /// <summary>The variables that the prompt names.</summary>
    public IReadOnlyList<PromptVariable> Variables => PromptTemplates.Variables(Prompt);

    /// <summary>True where the answer has a form, whose fields are columns of their own.</summary>
    public bool HasFields => Prompt.Answer is not null;

    /// <summary>What the choices come to; fails where a limit is no number.</summary>
    public Result<BatchPlan> Plan
    {
        get
        {
            var budget = ReadBudget();
            var prompt = Model.Length > 0 ? Prompt with { Model = Model } : Prompt;
            var names = PromptTemplates.Names(prompt).ToHashSet(StringComparer.Ordinal);
            return !budget.IsSuccess ? budget.Error : new BatchPlan
            {
                Prompt = prompt,
                Reference = Reference,
                Columns = Columns.Where(pair => names.Contains(pair.Key)).ToDictionary(StringComparer.Ordinal),
                Values = Values.Where(pair => names.Contains(pair.Key) && !Columns.ContainsKey(pair.Key)).ToDictionary(StringComparer.Ordinal),
                Parallelism = Parallelism,
                Budget = budget.Value,
                Output = new BatchOutput { Answer = AnswerColumn.Trim() is { Length: > 0 } name ? name : "answer", State = AddsState, Tokens = AddsTokens, Milliseconds = AddsMilliseconds },
            };
        }
    }

    /// <summary>What is still missing before it can run; null where nothing is.</summary>
    public Error? Missing => Table is null ? BatchApiErrors.NoTable() : Plan.Match(plan => BatchRules.Check(plan, Table.Columns), error => error);

    /// <summary>Reads what can be chosen, and the prompt that the address names.</summary>
    public async Task LoadAsync(string? prompt, CancellationToken cancellationToken)
    {
        Models = await models.ListAsync(caller.Workspace, cancellationToken);
        if (caller.May(Permissions.PromptsRead))
        {
            Prompts = (await prompts.ListAsync(caller.Workspace, new PromptFilter(), null, MostPrompts, cancellationToken)).Items;
        }

        if (prompt is { Length: > 0 })
        {
            await ChooseAsync(prompt.StartsWith("prompt:", StringComparison.Ordinal) ? prompt : $"prompt:{prompt}", cancellationToken);
        }
    }

    /// <summary>
    /// Takes the prompt that a conversation of the person's own is asked with, and its values. One without a question at its end asks what the
    /// column <c>question</c> says.
    /// </summary>
    public void TakeDraft(Conversation conversation)
    {
        if (conversation.Draft is not { Content: var content } draft)
        {
            return;
        }

        List<PromptMessage> messages = [.. content.Messages.Where(message => !string.IsNullOrWhiteSpace(message.Text))];
        if (messages is not [.., { Role: MessageRole.User }])
        {
            messages.Add(new PromptMessage(MessageRole.User, "{{question}}"));
        }

        Draft = content with { Messages = messages, Model = conversation.Model, Settings = conversation.Settings, Knowledge = conversation.Knowledge, Reading = conversation.Reading };
        (IsDraft, Reference) = (true, null);
        foreach (var (name, value) in draft.Values.Where(value => value.Value.Length > 0))
        {
            Values[name] = value;
        }

        Suggest();
    }

    /// <summary>Asks with the prompt that was brought along.</summary>
    public void ChooseDraft()
    {
        (IsDraft, Reference, Error, Trial) = (Draft is not null, null, null, null);
        Suggest();
    }

    /// <summary>Takes a saved prompt, at the version that its reference names now; empty: the prompt is written here.</summary>
    public async Task ChooseAsync(string reference, CancellationToken cancellationToken)
    {
        (Error, Trial) = (null, null);
        if (reference.Length == 0)
        {
            (Reference, IsDraft) = (null, false);
        }
        else
        {
            var found = await orders.ResolveAsync(caller, reference, cancellationToken);
            if (!found.IsSuccess)
            {
                Error = found.Error;
                return;
            }

            (_saved, Reference) = found.Value;
            IsDraft = false;
        }

        Suggest();
    }

    /// <summary>Takes a table that was added.</summary>
    public async Task TakeAsync(TableId id, CancellationToken cancellationToken)
    {
        (Error, Trial) = (null, null);
        Table = await tables.FindAsync(caller.Workspace, id, caller.User, cancellationToken);
        Rows = Table is null ? [] : await tables.ReadAsync(caller.Workspace, id, 0, cancellationToken).Take(Looks).ToListAsync(cancellationToken);
        Columns.Clear();
        Suggest();
    }

    /// <summary>Lets another table be chosen.</summary>
    public void DropTable() => (Table, Rows, Trial) = (null, [], null);

    /// <summary>Fills variables that nothing fills yet by the columns of their names.</summary>
    public void Suggest()
    {
        Trial = null;
        foreach (var (variable, column) in Table is null ? [] : BatchOrders.Suggest(Prompt, Table.Columns))
        {
            if (!Values.ContainsKey(variable))
            {
                Columns.TryAdd(variable, column);
            }
        }
    }

    /// <summary>Lets a column fill a variable; null: it has one value in every row.</summary>
    public void Map(string variable, string? column)
    {
        Trial = null;
        if (column is { Length: > 0 })
        {
            Columns[variable] = column;
            Values.Remove(variable);
        }
        else
        {
            Columns.Remove(variable);
        }
    }

    /// <summary>Gives a variable the same value in every row.</summary>
    public void Give(string variable, string value)
    {
        Trial = null;
        if (value.Length > 0)
        {
            Values[variable] = value;
        }
        else
        {
            Values.Remove(variable);
        }
    }

    /// <summary>The prompt as a row fills it.</summary>
    public Result<IReadOnlyList<TurnMessage>> Fill(TableRow row) => Plan.Match(
        plan => BatchRules.Check(plan, Table!.Columns) is { } missing ? missing : BatchRuns.Preview(plan, Table.Columns, row), error => error);

    /// <summary>Asks about the first rows, and keeps nothing.</summary>
    public Task TryAsync(CancellationToken cancellationToken) => RunAsync(async plan =>
    {
        Trial = await runs.TryAsync(caller.Workspace, caller.User!.Value, plan, Table!, Rows, cancellationToken);
        return null;
    });

    /// <summary>Begins it; null where it could not be.</summary>
    public async Task<BatchId?> StartAsync(CancellationToken cancellationToken)
    {
        BatchId? begun = null;
        await RunAsync(async plan =>
        {
            var started = await runs.StartAsync(new NewBatch(caller.Workspace, "", Table!.Id, plan, caller.User!.Value, null), cancellationToken);
            begun = started.IsSuccess ? started.Value.Id : null;
            return started.Error;
        });
        return begun;
    }

    private async Task RunAsync(Func<BatchPlan, Task<Error?>> run)
    {
        Error = Missing;
        if (Error is not null || IsBusy)
        {
            return;
        }

        IsBusy = true;
        try
        {
            Error = await run(Plan.Value);
        }
        finally
        {
            IsBusy = false;
        }
    }

    private Result<BatchBudget> ReadBudget()
    {
        var rows = Read(MostRows);
        var tokens = Read(MostTokens);
        var cost = Read(MostCost);
        return rows.IsBad || tokens.IsBad || cost.IsBad ? BatchErrors.BadBudget() : new BatchBudget((long?)rows.Number, (long?)tokens.Number, cost.Number);

        static (decimal? Number, bool IsBad) Read(string text) => text.Trim().Length == 0 ? (null, false)
            : decimal.TryParse(text, NumberStyles.Number, CultureInfo.CurrentCulture, out var number) && number > 0 ? (number, false)
            : (null, true);
    }
}
