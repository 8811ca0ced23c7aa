using System.Text.Json;
using MistralStudio.Core;
using MistralStudio.Core.Flows;

namespace MistralStudio.Flows.Nodes.Schedule;

/// <summary>Where a run begins whose time has come.</summary>
internal static class ScheduleNode
{
    public static NodeType Type { get; } = new()
    {
        Id = "schedule",
        Category = NodeCategory.Begin,
        Role = NodeRole.Begin,
        Schema = """
            {
              "type": "object",
              "properties": {
                "cron": { "type": "string", "title": "When", "description": "Five fields: minute, hour, day of the month, month, day of the week.", "pattern": "^\\S+( \\S+){4}$", "maxLength": 100 },
                "timeZone": { "type": "string", "title": "Time zone", "description": "An IANA name: Europe/Paris. UTC where it is not said.", "maxLength": 64 }
              },
              "required": ["cron"],
              "additionalProperties": false
            }
            """,
        Ports = PortsOf.Fixed([], [new Port("at", PortType.Text)]),
        Check = Problems,
        Help = "The run begins here at the times that it says. A time that was missed while the studio was stopped is run once. \"at\" is the time it was due, UTC.",
        Example = """{"cron":"0 8 * * 1","timeZone":"Europe/Paris"}""",
    };

    private static IEnumerable<ConfigProblem> Problems(JsonElement config)
    {
        if (config.TryGetProperty("timeZone", out var zone) && !TimeZoneInfo.TryFindSystemTimeZoneById(zone.GetString()!, out _))
        {
            yield return new ConfigProblem("/timeZone", ScheduleErrors.UnknownTimeZone(zone.GetString()!));
        }

        if (config.GetProperty("cron").GetString() is { } cron && !ScheduleTimes.IsCron(cron))
        {
            yield return new ConfigProblem("/cron", ScheduleErrors.BadCron(cron));
        }
    }
}

/// <summary>Expected failures of schedules.</summary>
public static class ScheduleErrors
{
    public static Error BadCron(string cron) => new(
        "schedule.bad_cron", $"\"{cron}\" names no times.", "Give minute, hour, day of the month, month and day of the week: 0 8 * * 1 is Mondays at eight.");

    public static Error UnknownTimeZone(string zone) => new(
        "schedule.unknown_time_zone", $"There is no time zone \"{zone}\".", "Use an IANA name: Europe/Paris, America/New_York, UTC.");
}
