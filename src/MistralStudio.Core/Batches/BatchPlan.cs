using MistralStudio.Core.Prompts;

namespace MistralStudio.Core.Batches;

/// <summary>What a batch does with each row; it never changes, but for its budget.</summary>
public sealed record BatchPlan
{
    /// <summary>The prompt as it was when the batch was started; its model is the one that is asked.</summary>
    public required PromptContent Prompt { get; init; }

    /// <summary>Which version of a saved prompt that is: <c>prompt:refund-reply@3</c>; null where it is none.</summary>
    public string? Reference { get; init; }

    /// <summary>Variables by name, each with the name of the column that fills it.</summary>
    public IReadOnlyDictionary<string, string> Columns { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Variables by name that have the same value in every row.</summary>
    public IReadOnlyDictionary<string, string> Values { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Rows that are asked about at the same time, 1 to <see cref="BatchRules.MostParallel"/>.</summary>
    public int Parallelism { get; init; } = BatchRules.UsualParallel;

    /// <summary>When it pauses.</summary>
    public BatchBudget Budget { get; init; } = BatchBudget.None;

    /// <summary>Which columns it adds.</summary>
    public BatchOutput Output { get; init; } = new();
}

/// <summary>What a batch may use; it pauses before it would use more. Null: as much as it takes.</summary>
/// <param name="Rows">Rows that were asked about, also those that failed.</param>
/// <param name="Tokens">Of prompts and answers together.</param>
/// <param name="Cost">US dollars.</param>
public sealed record BatchBudget(long? Rows = null, long? Tokens = null, decimal? Cost = null)
{
    /// <summary>No limit.</summary>
    public static BatchBudget None { get; } = new();

    /// <summary>
    /// True where one more row may be asked about. Each row in flight is taken for an average one of those before, so that what is in flight does not
    /// lead past the limit.
    /// </summary>
    /// <param name="spent">By rows whose answers are kept.</param>
    /// <param name="inFlight">Rows that are asked about at this moment.</param>
    public bool Allows(BatchSpending spent, int inFlight)
    {
        ArgumentNullException.ThrowIfNull(spent);
        return (Rows is not { } rows || spent.Rows + inFlight < rows)
            && (Tokens is not { } tokens || Fits(spent.Tokens, spent.Rows, inFlight, tokens))
            && (Cost is not { } cost || Fits((double)spent.Cost, spent.Rows, inFlight, (double)cost));
    }

    // Before the first answer nothing is known of their size: the rows in flight are let go and no limit is said to be reached by them.
    private static bool Fits(double spent, long rows, int inFlight, double limit) =>
        spent < limit && (rows == 0 || inFlight == 0 || spent + (spent / rows * (inFlight + 1)) <= limit);
}

/// <summary>What was used, by all attempts whose answers are known.</summary>
/// <param name="Rows">Rows that were asked about and answered, or failed.</param>
/// <param name="InputTokens">Of prompts.</param>
/// <param name="OutputTokens">Of answers.</param>
/// <param name="Cost">US dollars; 0 where models cost nothing or their price is not known.</param>
public sealed record BatchSpending(long Rows, long InputTokens, long OutputTokens, decimal Cost)
{
    /// <summary>Nothing yet.</summary>
    public static BatchSpending Zero { get; } = new(0, 0, 0, 0);

    /// <summary>Of prompts and answers together.</summary>
    public long Tokens => InputTokens + OutputTokens;

    /// <summary>With one more row.</summary>
    public BatchSpending Plus(BatchResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        return new(Rows + 1, InputTokens + result.InputTokens, OutputTokens + result.OutputTokens, Cost + (result.Cost ?? 0));
    }
}

/// <summary>The columns that a batch adds to the table's.</summary>
public sealed record BatchOutput
{
    /// <summary>Name of the column with the answer. With a form of the answer its fields are columns of their own, and this one is not written.</summary>
    public string Answer { get; init; } = "answer";

    /// <summary>Whether there is a column <c>state</c>: <c>succeeded</c>, <c>failed</c> or empty, and one with the error.</summary>
    public bool State { get; init; } = true;

    /// <summary>Whether there are columns with the tokens of prompt and answer.</summary>
    public bool Tokens { get; init; }

    /// <summary>Whether there is a column with the time that the answer took, ms.</summary>
    public bool Milliseconds { get; init; }
}

/// <summary>Bounds of batches.</summary>
public static class BatchRules
{
    /// <summary>Rows that may be asked about at the same time.</summary>
    public const int MostParallel = 64;

    /// <summary>Where nothing is said.</summary>
    public const int UsualParallel = 4;

    /// <summary>Longest name, characters.</summary>
    public const int MostName = 120;

    /// <summary>Why a batch cannot run over a table; null where it can.</summary>
    public static Error? Check(BatchPlan plan, IReadOnlyList<string> columns)
    {
        ArgumentNullException.ThrowIfNull(plan);
        var broken = PromptRules.Check(plan.Prompt);
        if (broken is not null)
        {
            return broken;
        }

        if (plan.Prompt.Tools.Count > 0)
        {
            return BatchErrors.HasTools();
        }

        if (plan.Parallelism is < 1 or > MostParallel)
        {
            return BatchErrors.BadParallelism(plan.Parallelism);
        }

        if (plan.Budget is { Rows: < 1 } or { Tokens: < 1 } or { Cost: <= 0 })
        {
            return BatchErrors.BadBudget();
        }

        return CheckVariables(plan, columns);
    }

    private static Error? CheckVariables(BatchPlan plan, IReadOnlyList<string> columns)
    {
        var known = columns.ToHashSet(StringComparer.Ordinal);
        if (plan.Columns.FirstOrDefault(pair => !known.Contains(pair.Value)) is { Key: { } variable, Value: { } column })
        {
            return BatchErrors.UnknownColumn(variable, column, columns);
        }

        List<string> missing = [.. PromptTemplates.Variables(plan.Prompt)
            .Where(found => found.Default is null && !plan.Columns.ContainsKey(found.Name) && !plan.Values.ContainsKey(found.Name)).Select(found => found.Name)];
        return missing.Count > 0 ? BatchErrors.Unmapped(missing) : null;
    }
}
