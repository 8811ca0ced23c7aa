using System.Globalization;
using System.Text.Json;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;

namespace MistralStudio.Flows.Nodes.Wait;

/// <summary>Configuration of a Wait, evaluated.</summary>
internal sealed record WaitConfig
{
    public string? For { get; init; }

    public string? Until { get; init; }
}

/// <summary>Waits for a time.</summary>
internal static class WaitNode
{
    public static NodeType Type { get; } = new()
    {
        Id = "wait",
        Category = NodeCategory.People,
        ConfigType = typeof(WaitConfig),
        Schema = """
            {
              "type": "object",
              "properties": {
                "for": { "type": "string", "title": "For", "description": "In the source hours, minutes and seconds, or days before them: 1.12:00:00.", "maxLength": 500 },
                "until": { "type": "string", "title": "Until", "description": "A time with its offset: 2026-03-01T09:00:00Z.", "maxLength": 500 }
              },
              "minProperties": 1,
              "maxProperties": 1,
              "additionalProperties": false
            }
            """,
        Fields = [new ConfigField("/for", FieldSyntax.Template) { IsDuration = true }, new ConfigField("/until", FieldSyntax.Template)],
        Check = Problems,
        Ports = PortsOf.Named(new Port("at", PortType.Text)),
        Help = "The run waits for a time; meanwhile it uses no memory and survives restarts. A time that has passed is waited for no longer. \"at\" is the time it was due, UTC.",
        Example = """{"for":"01:30:00"}""",
    };

    private static IEnumerable<ConfigProblem> Problems(JsonElement config)
    {
        foreach (var field in config.EnumerateObject())
        {
            var text = field.Value.GetString()!;
            if (!text.Contains('{', StringComparison.Ordinal) && WaitExecutor.DueAt(field.Name == "for" ? new WaitConfig { For = text } : new WaitConfig { Until = text }, DateTimeOffset.UnixEpoch) is null)
            {
                yield return new ConfigProblem($"/{field.Name}", PeopleErrors.BadTime(text));
            }
        }
    }
}

/// <summary>Runs Wait nodes.</summary>
internal sealed class WaitExecutor : INodeExecutor
{
    private static readonly TimeSpan s_most = TimeSpan.FromDays(3660);

    /// <inheritdoc/>
    public string Type => WaitNode.Type.Id;

    /// <inheritdoc/>
    public ValueTask<NodeOutcome> ExecuteAsync(NodeExecution execution, CancellationToken cancellationToken)
    {
        var config = (WaitConfig)execution.Config;
        var now = execution.Time.GetUtcNow();
        if (execution.Resumption is not null)
        {
            return new(At(config.Until is null ? now : DueAt(config, now) ?? now));
        }

        return new(DueAt(config, now) is not { } due
            ? new NodeOutcome.Failed(PeopleErrors.BadTime(config.For ?? config.Until ?? ""))
            : due <= now ? At(due) : new NodeOutcome.Suspended(new Bookmark(BookmarkId.New(), BookmarkKind.Timer) { DueAt = due }));
    }

    /// <summary>When it comes; null where the text is no time.</summary>
    public static DateTimeOffset? DueAt(WaitConfig config, DateTimeOffset now) =>
        config.For is { } span
            ? TimeSpan.TryParse(span.Trim(), CultureInfo.InvariantCulture, out var time) && time >= TimeSpan.Zero && time <= s_most ? now + time : null
            : DateTimeOffset.TryParse(config.Until?.Trim(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var until) ? until : null;

    private static NodeOutcome At(DateTimeOffset time) => NodeOutcome.Of("at", FlowValue.Of(time.UtcDateTime.ToString("O", CultureInfo.InvariantCulture)));
}
