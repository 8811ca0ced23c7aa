using MistralStudio.Core.Flows;

namespace MistralStudio.Core.Batches;

/// <summary>What to do about a row whose model failed.</summary>
public abstract record RowDecision
{
    private RowDecision()
    {
    }

    /// <summary>Ask again after a wait; all rows of the batch wait along.</summary>
    public sealed record Wait(TimeSpan For) : RowDecision;

    /// <summary>The row has failed.</summary>
    public sealed record Fail : RowDecision;

    /// <summary>Every row would fail like this: the batch waits for a person, and the row has no outcome.</summary>
    public sealed record Pause : RowDecision;
}

/// <summary>The timing of repeated questions.</summary>
public static class RowRetry
{
    /// <summary>So often a row is asked about while others are answered.</summary>
    public const int MostAttempts = 5;

    /// <summary>So often a row is asked about that alone is left, about a quarter of an hour: there is no other to tell whether it or the model fails.</summary>
    public const int MostAttemptsAlone = 12;

    /// <summary>So many rows in a row fail the same way before the batch pauses.</summary>
    public const int AlikeBeforePause = 20;

    // A model that stops in the middle of an answer is there again a moment later; one that always does so does it over this row.
    private const string EngineFailed = "model.engine_failed";

    private static readonly TimeSpan s_first = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_longest = TimeSpan.FromMinutes(2);

    // Of the connection, the model or its border: no row changes anything about them.
    private static readonly HashSet<string> s_ofAllRows = new(StringComparer.Ordinal)
    {
        "model.not_found", "model.bad_reference", "model.none_installed", "model.wrong_task", "model.unreadable", "model.wrong_checksum", "model.load_failed",
        "connection.unauthorized", "connection.forbidden", "connection.model_unknown", "connection.key_unreadable", "connection.stays_on_machine", "egress.refused", "egress.unknown_host", "egress.bad_address",
    };

    /// <summary>Decides.</summary>
    /// <param name="attempts">How often this row was asked about, from 1.</param>
    /// <param name="failures">How often in a row the model failed for a while, for any row, from 1; an answer sets it back.</param>
    /// <param name="isAlone">Whether it is the only row without an outcome.</param>
    /// <param name="retryAfter">When the model says that it can be asked again; null where it does not say.</param>
    /// <param name="chance">0 to 1, so that rows that wait do not all come back at once.</param>
    public static RowDecision Decide(Error error, int attempts, int failures, bool isAlone, TimeSpan? retryAfter, double chance)
    {
        ArgumentNullException.ThrowIfNull(error);
        if (s_ofAllRows.Contains(error.Code))
        {
            return new RowDecision.Pause();
        }

        if (retryAfter is null && !ModelFailure.IsTransient(error))
        {
            return new RowDecision.Fail();
        }

        // While others are answered it is this row that the model falls over; while none is, it is the model.
        return attempts >= MostAttempts && (failures < attempts || error.Code == EngineFailed || (isAlone && attempts >= MostAttemptsAlone))
            ? new RowDecision.Fail()
            : new RowDecision.Wait(retryAfter is { } told && told > TimeSpan.Zero ? told : After(failures, chance));
    }

    private static TimeSpan After(int failures, double chance)
    {
        var doubled = Math.Min(s_longest.TotalSeconds, s_first.TotalSeconds * Math.Pow(2, Math.Min(failures - 1, 20)));
        return TimeSpan.FromSeconds(doubled * (.75 + (.5 * chance)));
    }
}
