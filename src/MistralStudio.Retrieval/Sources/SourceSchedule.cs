using Cronos;

namespace MistralStudio.Retrieval.Sources;

/// <summary>Cron expressions with five fields, in UTC.</summary>
internal static class SourceSchedule
{
    /// <summary>Whether it is one; null (on demand) is fine too.</summary>
    public static bool IsValid(string? schedule) => schedule is null || CronExpression.TryParse(schedule, out _);

    /// <summary>The next time after <paramref name="now"/>; null without a schedule, or where it never comes.</summary>
    public static DateTimeOffset? Next(string? schedule, DateTimeOffset now) =>
        schedule is not null && CronExpression.TryParse(schedule, out var cron) ? cron.GetNextOccurrence(now, TimeZoneInfo.Utc) : null;
}
