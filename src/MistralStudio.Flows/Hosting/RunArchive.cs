using System.Text.Json;
using System.Text.Json.Nodes;
using MistralStudio.Core;
using MistralStudio.Core.Blobs;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Flows.Compilation;
using MistralStudio.Flows.Definitions;
using MistralStudio.Flows.Engine;
using MistralStudio.Flows.Runs;

namespace MistralStudio.Flows.Hosting;

/// <summary>
/// A run as one JSON file that opens in another studio: <c>mistralstudio.run/1</c> with the flow's name, its definitions by hash, the journal
/// and the large values. What is read becomes a flow that nobody published and a run that has ended: nothing of it runs.
/// </summary>
public sealed class RunArchive(IFlowJournal journal, IFlowStore flows, IFlowVersions versions, IBlobStore blobs, FlowPlans plans, TimeProvider time)
{
    /// <summary>Name and version of the format.</summary>
    public const string Schema = "mistralstudio.run/1";

    /// <summary>Bytes that a file may have.</summary>
    public const int MostBytes = 256 * 1024 * 1024;

    private const int MostEvents = 200_000;

    /// <summary>Writes a run; null where there is none.</summary>
    public async Task<byte[]?> WriteAsync(WorkspaceId workspace, RunId run, CancellationToken cancellationToken)
    {
        var events = new JsonArray();
        var large = new Dictionary<string, string>(StringComparer.Ordinal);
        RunStart? start = null;
        await foreach (var happened in journal.ReadAsync(run, 0, cancellationToken))
        {
            start ??= (happened as RunStarted)?.Start;
            events.Add(JsonNode.Parse(RunEventCodec.Wire(happened)));
            foreach (var blob in ValuesOf(happened).Select(value => value.Blob).OfType<BlobReference>().Where(blob => !large.ContainsKey(blob.Sha256)))
            {
                await using var content = await blobs.OpenAsync(workspace, blob.Sha256, cancellationToken);
                if (content is not null)
                {
                    using var reader = new StreamReader(content);
                    large[blob.Sha256] = await reader.ReadToEndAsync(cancellationToken);
                }
            }
        }

        if (start is null || start.Workspace != workspace || await flows.FindAsync(workspace, start.Flow, cancellationToken) is not { } flow)
        {
            return null;
        }

        var definitions = new JsonObject();
        foreach (var hash in start.SubFlows.Values.Append(start.Definition).Distinct(StringComparer.Ordinal))
        {
            if (await versions.FindAsync(workspace, hash, cancellationToken) is { } version)
            {
                definitions[hash] = JsonNode.Parse(version.Json);
            }
        }

        var file = new JsonObject
        {
            ["schema"] = Schema,
            ["flow"] = new JsonObject { ["slug"] = flow.Slug, ["name"] = flow.Name },
            ["definitions"] = definitions,
            ["values"] = new JsonObject(large.Select(value => KeyValuePair.Create(value.Key, (JsonNode?)JsonValue.Create(value.Value)))),
            ["events"] = events,
        };
        return JsonSerializer.SerializeToUtf8Bytes(file, FlowJson.Relaxed);
    }

    /// <summary>Reads a run into a workspace; fails where the file is none, was changed by hand, or holds what this studio cannot show.</summary>
    public async Task<Result<(FlowId Flow, RunId Run)>> ReadAsync(WorkspaceId workspace, JsonElement file, UserId by, CancellationToken cancellationToken)
    {
        var read = Parse(file);
        if (!read.IsSuccess)
        {
            return read.Error;
        }

        var (name, definitions, values, events) = read.Value;
        var source = ((RunStarted)events[0]).Start;
        if (!definitions.TryGetValue(source.Definition, out var main))
        {
            return ArchiveErrors.Unreadable("the definition that it executes is missing");
        }

        // Compiled and folded before anything is kept: what cannot be shown is not taken in.
        var compiled = plans.Compile(definitions, source);
        if (compiled.Plan is not { } plan)
        {
            return ArchiveErrors.Unreadable($"its flow does not compile here: {compiled.Problems[0].Message}");
        }

        var run = RunId.New();
        var flow = await flows.CreateAsync(workspace, name, FlowDefinitions.Write(main), by, cancellationToken);
        if (!flow.IsSuccess)
        {
            return flow.Error;
        }

        var start = source with
        {
            Workspace = workspace, Flow = flow.Value.Id, Version = null, Authority = new RunAuthority(by, null), StartedBy = by, Trigger = RunTrigger.Replay,
        };
        events[0] = ((RunStarted)events[0]) with { Start = start };
        if (events[^1] is not RunFinished)
        {
            events.Add(new RunFinished(RunStatus.Cancelled, new Dictionary<string, FlowValue>(), ArchiveErrors.CutOff()) { Seq = events[^1].Seq + 1, At = time.GetUtcNow() });
        }

        var taken = Fold(plan, events) is { } wrong ? wrong : await KeepAsync(workspace, flow.Value.Id, run, definitions, values, events, cancellationToken);
        if (taken is { } error)
        {
            await flows.DeleteAsync(workspace, flow.Value.Id, by, CancellationToken.None);
            return error;
        }

        return (flow.Value.Id, run);
    }

    private async Task<Error?> KeepAsync(
        WorkspaceId workspace, FlowId flow, RunId run, Dictionary<string, FlowDefinition> definitions, Dictionary<string, string> values, List<RunEvent> events,
        CancellationToken cancellationToken)
    {
        foreach (var (hash, definition) in definitions)
        {
            await flows.KeepAsync(workspace, flow, FlowDefinitions.Write(definition), hash, cancellationToken);
        }

        foreach (var (hash, json) in values)
        {
            using var content = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(json), writable: false);
            var put = await blobs.PutAsync(workspace, FlowValue.OwnerOf(run), content, FlowValue.MostBytes, cancellationToken);
            if (!put.IsSuccess || put.Value.Sha256 != hash)
            {
                return put.Error ?? ArchiveErrors.Unreadable("a value is not what its hash says");
            }
        }

        if (events.SelectMany(ValuesOf).FirstOrDefault(value => value.Blob is { } blob && !values.ContainsKey(blob.Sha256)) is not null)
        {
            return ArchiveErrors.Unreadable("a value is missing");
        }

        var status = ((RunFinished)events[^1]).Status;
        var committed = await journal.AppendAsync(new RunCommit(run, events, status, null), CancellationToken.None);
        return committed.Error;
    }

    private static Error? Fold(FlowPlan plan, List<RunEvent> events)
    {
        try
        {
            return RunState.Fold(plan, events).EndedAt is null ? ArchiveErrors.Unreadable("its events do not end") : null;
        }
        catch (Exception wrong) when (wrong is InvalidOperationException or NullReferenceException or KeyNotFoundException or ArgumentException or IndexOutOfRangeException)
        {
            return ArchiveErrors.Unreadable("its events do not follow from each other");
        }
    }

    private static Result<Archive> Parse(JsonElement file)
    {
        try
        {
            if (file.ValueKind != JsonValueKind.Object || !file.TryGetProperty("schema", out var schema) || schema.GetString() != Schema)
            {
                return ArchiveErrors.Unreadable($"it is not of the format {Schema}");
            }

            var definitions = new Dictionary<string, FlowDefinition>(StringComparer.Ordinal);
            foreach (var one in file.GetProperty("definitions").EnumerateObject())
            {
                if (FlowDefinitions.Read(one.Value.GetRawText()) is not { IsSuccess: true } read || FlowDefinitions.Hash(read.Value) != one.Name)
                {
                    return ArchiveErrors.Unreadable("a definition is not what its hash says");
                }

                definitions[one.Name] = read.Value;
            }

            var events = file.GetProperty("events");
            if (events.GetArrayLength() is 0 or > MostEvents)
            {
                return ArchiveErrors.Unreadable($"it has no events, or more than {MostEvents:N0}");
            }

            List<RunEvent> happened = [.. events.EnumerateArray().Select(RunEventCodec.ReadWire)];
            if (happened[0] is not RunStarted { Start: not null } || happened.Skip(1).Any(one => one is RunStarted) || happened.Where((one, index) => one.Seq != index + 1).Any())
            {
                return ArchiveErrors.Unreadable("its events are not numbered from 1, or do not begin with a start");
            }

            if (happened.SelectMany(ValuesOf).Any(value => value is null))
            {
                return ArchiveErrors.Unreadable("a value is null");
            }

            return new Archive(
                file.GetProperty("flow").GetProperty("name").GetString()!, definitions,
                file.GetProperty("values").EnumerateObject().ToDictionary(value => value.Name, value => value.Value.GetString()!, StringComparer.Ordinal), happened);
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException or KeyNotFoundException or FormatException or NotSupportedException or NullReferenceException or ArgumentNullException)
        {
            return ArchiveErrors.Unreadable("a part of it is missing or of the wrong kind");
        }
    }

    /// <summary>The values that an event holds.</summary>
    public static IEnumerable<FlowValue> ValuesOf(RunEvent happened) => happened switch
    {
        RunStarted { Start: var start } => start.Inputs.Values,
        Forked forked => forked.Edits.Values,
        NodeSucceeded succeeded => succeeded.Outputs.Values,
        NodeReused reused => reused.Outputs.Values,
        NodeFailed { Outputs: { } outputs } => outputs.Values,
        StepSucceeded step => [step.Value],
        RunFinished finished => finished.Outputs.Values,
        _ => [],
    };

    private sealed record Archive(string Name, Dictionary<string, FlowDefinition> Definitions, Dictionary<string, string> Values, List<RunEvent> Events);
}

/// <summary>Expected failures of runs as files.</summary>
public static class ArchiveErrors
{
    public static Error Unreadable(string why) => new("run.file_unreadable", $"This is no run that can be read: {why}.", "Export it again from the studio that it is from, and send the file as it is.");

    public static Error CutOff() => new("run.file_cut_off", "The run went on when it was exported; here it ends at that moment.", "Fork it to go on from there.");
}
