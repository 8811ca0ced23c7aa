using System.Text.Json;
using Cronos;
using MistralStudio.Core.Flows;
using MistralStudio.Flows.Definitions;

namespace MistralStudio.Flows.Nodes.Schedule;

/// <summary>The times of schedules: cron expressions with five fields, on the clocks of a time zone.</summary>
public static class ScheduleTimes
{
    /// <summary>
    /// The first time after another; null where it never comes. On the day that clocks skip an hour, what falls into it comes when they have; on the
    /// day that they repeat one, it comes once.
    /// </summary>
    /// <param name="timeZone">IANA name; null for UTC.</param>
    public static DateTimeOffset? Next(string cron, string? timeZone, DateTimeOffset after) =>
        CronExpression.TryParse(cron, out var expression) && Zone(timeZone) is { } zone ? expression.GetNextOccurrence(after, zone)?.ToUniversalTime() : null;

    /// <summary>True where it can be read.</summary>
    internal static bool IsCron(string cron) => CronExpression.TryParse(cron, out _);

    /// <summary>The schedules of a definition that compiles.</summary>
    public static IReadOnlyList<PlannedSchedule> Of(FlowDefinition definition, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(definition);
        return [.. definition.Nodes.Where(node => node.Type == ScheduleNode.Type.Id).Select(node => Of(node, now))];
    }

    private static PlannedSchedule Of(FlowNode node, DateTimeOffset now)
    {
        var config = node.Config ?? JsonElement.Parse("{}");
        var cron = config.GetProperty("cron").GetString()!;
        var zone = config.TryGetProperty("timeZone", out var named) ? named.GetString() : null;
        return new PlannedSchedule(node.Id, cron, zone, Next(cron, zone, now));
    }

    private static TimeZoneInfo? Zone(string? name) => name is null ? TimeZoneInfo.Utc : TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone) ? zone : null;
}
