using MistralStudio.Core;
using MistralStudio.Core.Flows;

namespace MistralStudio.Flows.Runs;

/// <summary>When a run has used more than it may.</summary>
internal static class RunBudgets
{
    public static Error? Exceeded(RunBudget budget, RunUsage usage, long steps, TimeSpan elapsed)
    {
        var tokens = usage.InputTokens + usage.OutputTokens;
        return tokens > budget.Tokens ? RunErrors.OverBudget($"{tokens:N0} tokens were used, {budget.Tokens:N0} are allowed")
            : usage.Cost > budget.Cost ? RunErrors.OverBudget($"it cost {usage.Cost:0.####} US dollars, {budget.Cost:0.####} are allowed")
            : steps > budget.Steps ? RunErrors.OverBudget($"{steps:N0} steps were started, {budget.Steps:N0} are allowed")
            : elapsed >= budget.WallTime ? RunErrors.OverBudget($"it took longer than {budget.WallTime:c}")
            : null;
    }
}
