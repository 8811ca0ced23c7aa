using Microsoft.Extensions.Localization;
using MistralStudio.Core.Batches;
using MistralStudio.Web.Components;
using MistralStudio.Web.Resources;

namespace MistralStudio.Web.Features.Batches;

/// <summary>The figures of a batch in one line: <c>120 of 1,000 rows · 4.2 rows/s · 3 min left</c>.</summary>
public static class BatchFacts
{
    /// <summary>The line.</summary>
    public static string Of(Batch batch, IStringLocalizer<BatchWords> words)
    {
        List<string> facts = [words.Count("Facts.Rows", batch.Rows, batch.Done)];
        if (batch.State == BatchState.Running && batch.RowsPerSecond is { } pace and > 0)
        {
            facts.Add(pace >= 1 ? words["Facts.PerSecond", pace] : words["Facts.PerMinute", pace * 60]);
        }

        if (batch.Left is { } left && batch.WaitsUntil is null)
        {
            var seconds = Math.Max(1, Math.Ceiling(left.TotalSeconds));
            facts.Add(words["Facts.Left", seconds < 120 ? words["Facts.Seconds", seconds].Value : Duration.Short(seconds * 1000)]);
        }

        return string.Join(" · ", facts);
    }

    /// <summary>The look of the dot before a state.</summary>
    public static string Tone(Batch batch) => batch.State switch
    {
        BatchState.Running => batch.Reason is null ? "live" : "warn",
        BatchState.Paused => "warn",
        BatchState.Done => batch.Failed == 0 ? "ok" : "warn",
        _ => "idle",
    };

    /// <summary>The resource of its state.</summary>
    public static string Word(Batch batch) => batch is { State: BatchState.Running, Reason: not null } ? "State.Waiting" : $"State.{batch.State}";
}
