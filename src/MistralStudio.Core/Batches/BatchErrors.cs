using MistralStudio.Core.Schemas;

namespace MistralStudio.Core.Batches;

/// <summary>Expected failures of batches.</summary>
public static class BatchErrors
{
    public static Error NotFound() => new("batch.not_found", "This batch does not exist here.", "It may have been removed; look at the list of batches.");

    public static Error HasTools() => new(
        "batch.has_tools", "This prompt calls tools, and nobody is there to approve their calls for each row.", "Take the tools out of the prompt, or run it in a flow.");

    public static Error BadParallelism(int asked) => new(
        "batch.bad_parallelism", $"{asked:N0} rows at the same time were asked for; it may be 1 to {BatchRules.MostParallel}.", $"Choose 1 to {BatchRules.MostParallel}.");

    public static Error BadBudget() => new("batch.bad_budget", "A budget has to be more than nothing.", "Write a number above 0, or leave it empty.");

    public static Error BadName() => new("batch.bad_name", $"The name of a batch has 1 to {BatchRules.MostName} characters.", "Shorten it.");

    public static Error UnknownColumn(string variable, string column, IReadOnlyList<string> columns) => new(
        "batch.unknown_column",
        $"The variable \"{variable}\" is to be filled from a column \"{column}\", which the table does not have.",
        $"Choose one of: {string.Join(", ", columns.Take(20))}.");

    public static Error Unmapped(IReadOnlyList<string> variables) => new(
        "batch.unmapped",
        variables.Count == 1 ? $"The variable \"{variables[0]}\" has neither a column nor a value." : $"These variables have neither a column nor a value: {string.Join(", ", variables.Take(20).Select(name => $"\"{name}\""))}.",
        variables.Count == 1 ? "Choose a column for it, or write a value." : "Choose a column for each of them, or write a value.");

    public static Error BudgetReached(BatchBudget budget, BatchSpending spent) => new(
        "batch.budget_reached",
        budget.Rows is { } rows && spent.Rows >= rows ? $"The budget of {rows:N0} rows is used up."
            : budget.Tokens is { } tokens && budget.Cost is null ? $"The budget of {tokens:N0} tokens does not cover another row: {spent.Tokens:N0} are used."
            : budget.Cost is { } cost ? $"The budget of ${cost:0.00##} does not cover another row: ${spent.Cost:0.00##} are used."
            : "The budget is used up.",
        "Raise the budget to go on; no answered row is asked about again.");

    public static Error AllAlike(int rows, Error error) => new(
        "batch.all_alike", $"{rows} rows in a row failed the same way: {error.Message}", $"{error.Next} Then let the batch go on, and ask the failed rows once more.");

    public static Error StarterGone() => new(
        "batch.starter_gone", "Whoever started this batch may not use models here any more.", "Somebody who may use models can let it go on, with their own rights.");

    public static Error KeyGone() => new(
        "batch.key_gone", "The API key that started this batch was revoked or has expired.", "Somebody who may use models can let it go on, with their own rights.");

    public static Error PausedByHand() => new("batch.paused", "Somebody paused this batch.", "Let it go on whenever you like; no answered row is asked about again.");

    public static Error RowFaulted() => new(
        "batch.row_faulted", "This row could not be asked about because of an internal error.", "Ask the failed rows once more; the log has the cause.");

    public static Error TableGone() => new("batch.table_gone", "The rows of this batch's table are gone from the disk.", "Add the table again and start another batch.");

    public static Error NotRunning() => new("batch.not_running", "This batch does not run at the moment.", "Look at where it stands.");

    public static Error NotPaused() => new("batch.not_paused", "This batch is not paused.", "Look at where it stands.");

    public static Error NothingFailed() => new("batch.nothing_failed", "No row of this batch has failed.", "There is nothing to ask once more.");

    public static Error StillRunning() => new("batch.still_running", "This batch still runs.", "Cancel it first.");

    public static Error AnswerNoJson() => new(
        "batch.answer_no_json", "The answer is no JSON, and the prompt wants it in a form.", "Ask the failed rows once more, allow longer answers, or choose a model that keeps to forms.");

    public static Error AnswerAgainstForm(SchemaViolation violation) => new(
        "batch.answer_against_form", $"The answer does not follow the prompt's form: {violation}", "Ask the failed rows once more, or change the form.");
}
