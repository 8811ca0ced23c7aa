using System.Buffers;
using System.Text.Json;

namespace MistralStudio.Core.Flows;

/// <summary>Writes events for the journal and for watchers, and reads them back.</summary>
public static class RunEventCodec
{
    private static readonly Dictionary<RunEventKind, Type> s_types = new()
    {
        [RunEventKind.RunStarted] = typeof(RunStarted),
        [RunEventKind.NodeStarted] = typeof(NodeStarted),
        [RunEventKind.NodeSucceeded] = typeof(NodeSucceeded),
        [RunEventKind.NodeFailed] = typeof(NodeFailed),
        [RunEventKind.NodeSkipped] = typeof(NodeSkipped),
        [RunEventKind.NodeReused] = typeof(NodeReused),
        [RunEventKind.NodeUncertain] = typeof(NodeUncertain),
        [RunEventKind.RetryScheduled] = typeof(RetryScheduled),
        [RunEventKind.StepStarted] = typeof(StepStarted),
        [RunEventKind.StepSucceeded] = typeof(StepSucceeded),
        [RunEventKind.StepFailed] = typeof(StepFailed),
        [RunEventKind.Suspended] = typeof(Suspended),
        [RunEventKind.Resumed] = typeof(Resumed),
        [RunEventKind.BudgetExceeded] = typeof(BudgetExceeded),
        [RunEventKind.CancelRequested] = typeof(CancelRequested),
        [RunEventKind.Forked] = typeof(Forked),
        [RunEventKind.RunFinished] = typeof(RunFinished),
    };

    /// <summary>The payload of an event as UTF-8 JSON: all but the journal's columns. Empty where there is nothing to say.</summary>
    public static byte[] Payload(RunEvent happened)
    {
        ArgumentNullException.ThrowIfNull(happened);
        var payload = JsonSerializer.SerializeToUtf8Bytes(happened, s_types[happened.Kind], FlowJson.Relaxed);
        return payload.Length == 2 ? [] : payload;
    }

    /// <summary>The event of a row of the journal.</summary>
    /// <exception cref="JsonException">The payload is not one of this kind.</exception>
    public static RunEvent Read(
        RunEventKind kind, long seq, DateTimeOffset at, string node, int attempt, int step, ReadOnlySpan<byte> payload)
    {
        var read = (RunEvent)JsonSerializer.Deserialize(payload.IsEmpty ? "{}"u8 : payload, s_types[kind], FlowJson.Relaxed)!;
        return read with { Seq = seq, At = at, Node = node, Attempt = attempt, Step = step };
    }

    /// <summary>
    /// The event as outsiders see it: <c>{"seq", "at", "kind", "node", "attempt", "step", ...payload}</c>.
    /// </summary>
    public static byte[] Wire(RunEvent happened)
    {
        ArgumentNullException.ThrowIfNull(happened);
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = FlowJson.Relaxed.Encoder }))
        {
            writer.WriteStartObject();
            writer.WriteNumber("seq", happened.Seq);
            writer.WriteString("at", happened.At.UtcDateTime);
            writer.WriteString("kind", happened.Kind.ToString());
            WriteWhere(writer, happened);
            var payload = Payload(happened);
            if (payload.Length > 0)
            {
                foreach (var member in JsonElement.Parse(payload).EnumerateObject())
                {
                    member.WriteTo(writer);
                }
            }

            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Reads what <see cref="Wire"/> writes: a run that was exported.</summary>
    /// <exception cref="JsonException">It is no event.</exception>
    public static RunEvent ReadWire(JsonElement wire)
    {
        if (!wire.TryGetProperty("kind", out var name) || !Enum.TryParse<RunEventKind>(name.GetString(), out var kind))
        {
            throw new JsonException("An event of a run names its kind.");
        }

        var read = (RunEvent)wire.Deserialize(s_types[kind], FlowJson.Relaxed)!;
        return read with
        {
            Seq = wire.GetProperty("seq").GetInt64(),
            At = wire.GetProperty("at").GetDateTimeOffset(),
            Node = wire.TryGetProperty("node", out var node) ? node.GetString()! : "",
            Attempt = wire.TryGetProperty("attempt", out var attempt) ? attempt.GetInt32() : 0,
            Step = wire.TryGetProperty("step", out var step) ? step.GetInt32() : 0,
        };
    }

    private static void WriteWhere(Utf8JsonWriter writer, RunEvent happened)
    {
        if (happened.Node.Length > 0)
        {
            writer.WriteString("node", happened.Node);
        }

        if (happened.Attempt > 0)
        {
            writer.WriteNumber("attempt", happened.Attempt);
        }

        if (happened.Step > 0)
        {
            writer.WriteNumber("step", happened.Step);
        }
    }
}
