namespace MistralStudio.Agents.Turns;

/// <summary>What of a turn fits into the model's context, decided over token counts alone.</summary>
/// <param name="Passages">How many of the passages, best first, are given to the model.</param>
/// <param name="FirstMessage">Index of the oldest message of the history that is kept.</param>
/// <param name="Left">Tokens that nobody needed: room for what is around the passages.</param>
internal readonly record struct PromptBudget(int Passages, int FirstMessage, int Left)
{
    /// <summary>Tokens that a chat template puts around a message, rather too many: that only trims sooner.</summary>
    public const int TokensAroundMessage = 8;

    // Evidence before memory: of what instructions and question leave, passages may take this share while the history wants the rest.
    private const double PassageShare = 0.75;

    /// <summary>Fits passages and history beside what must be there.</summary>
    /// <param name="context">Tokens that the conversation may hold, answer included.</param>
    /// <param name="answer">Tokens kept free for the answer.</param>
    /// <param name="required">Tokens of instructions and question; if these alone do not fit, nothing else is kept and the model refuses.</param>
    /// <param name="passages">Tokens of each passage, best first.</param>
    /// <param name="history">Tokens of each earlier message, oldest first.</param>
    public static PromptBudget Fit(int context, int answer, int required, IReadOnlyList<int> passages, IReadOnlyList<int> history)
    {
        var free = Math.Max(0, context - answer - required);
        var forPassages = history.Count == 0 ? free : (int)(free * PassageShare);
        var keptPassages = Take(passages, forPassages, out var usedByPassages);

        var first = history.Count;
        var left = free - usedByPassages;
        while (first > 0 && history[first - 1] <= left)
        {
            first--;
            left -= history[first];
        }

        // What the history did not need goes back to passages.
        while (keptPassages < passages.Count && passages[keptPassages] <= left)
        {
            left -= passages[keptPassages];
            keptPassages++;
        }

        return new PromptBudget(keptPassages, first, left);
    }

    private static int Take(IReadOnlyList<int> tokens, int limit, out int used)
    {
        used = 0;
        var count = 0;
        while (count < tokens.Count && used + tokens[count] <= limit)
        {
            used += tokens[count];
            count++;
        }

        return count;
    }
}
