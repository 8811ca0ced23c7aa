using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using MistralStudio.Core;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Flows.Definitions;
using MistralStudio.Flows.Engine;
using MistralStudio.Flows.Runs;

namespace MistralStudio.Flows.Hosting;

/// <inheritdoc cref="IFlowCalls"/>
internal sealed class FlowCalls(FlowRuns runs, FlowPlans plans, IFlowStore flows, IFlowVersions versions) : IFlowCalls
{
    private const int MostListed = 200;
    private static readonly TimeSpan s_longest = TimeSpan.FromMinutes(30);

    /// <inheritdoc/>
    public async ValueTask<CallableFlow?> FindAsync(WorkspaceId workspace, string reference, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(reference);
        var at = reference.IndexOf('@', StringComparison.Ordinal);
        int? number = null;
        if (at >= 0)
        {
            if (!int.TryParse(reference.AsSpan(at + 1), out var named))
            {
                return null;
            }

            number = named;
        }

        if (await versions.FindAsync(workspace, at < 0 ? reference : reference[..at], number, cancellationToken) is not { } version
            || FlowDefinitions.Read(version.Json) is not { IsSuccess: true } read)
        {
            return null;
        }

        var flow = await flows.FindAsync(workspace, version.Flow, cancellationToken);
        return await DescribeAsync(workspace, reference, flow?.Name ?? reference, version, read.Value, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<CallableFlow>> ListAsync(WorkspaceId workspace, CancellationToken cancellationToken)
    {
        var found = new List<CallableFlow>();
        foreach (var flow in (await flows.ListAsync(workspace, null, null, MostListed, cancellationToken)).Items.Where(flow => flow.PublishedVersion is not null))
        {
            if (await versions.FindAsync(workspace, flow.Slug, null, cancellationToken) is { } version && FlowDefinitions.Read(version.Json) is { IsSuccess: true } read)
            {
                found.Add(await DescribeAsync(workspace, flow.Slug, flow.Name, version, read.Value, cancellationToken));
            }
        }

        return [.. found.OrderBy(flow => flow.Reference, StringComparer.Ordinal)];
    }

    /// <inheritdoc/>
    public async Task<Result<FlowAnswer>> CallAsync(FlowCall call, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(call);
        if (call.Depth > FlowCall.MostDepth)
        {
            return CallErrors.TooDeep(call.Reference);
        }

        if (await FindAsync(call.Workspace, call.Reference, cancellationToken) is not { } flow)
        {
            return CallErrors.NotFound(call.Reference);
        }

        var order = new RunOrder
        {
            Workspace = call.Workspace,
            Flow = flow.Flow,
            Version = VersionChoice.Of(flow.Number),
            Inputs = call.Inputs,
            Sources = call.Sources,
            Trigger = call.Trigger,
            By = call.By,
            Key = call.Key,
            Depth = call.Depth,
            Begun = call.Ran,
            Id = call.Once is { } once ? IdOf(call.Workspace, once) : null,
        };
        var ran = await runs.RunAsync(
            order, s_longest, call.Stream is { } stream ? notice => notice is RunNotice.Streamed more ? stream(more.Text) : ValueTask.CompletedTask : null, cancellationToken);
        if (!ran.IsSuccess)
        {
            return ran.Error;
        }

        return ran.Value switch
        {
            { Status: RunStatus.Succeeded } done => new FlowAnswer(done.Id, done.Outputs, done.Usage),
            { Status: RunStatus.Suspended or RunStatus.Uncertain } waits => CallErrors.Waits(call.Reference, waits.Id),
            { Status: RunStatus.Running } => CallErrors.TooLong(call.Reference),
            var ended => ended.Error ?? RunErrors.Cancelled(),
        };
    }

    /// <summary>The run of a name: the same for the same name.</summary>
    internal static RunId IdOf(WorkspaceId workspace, string once)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{workspace}/{once}"));
        return RunId.From(new Guid(hash.AsSpan(0, 16)));
    }

    private async ValueTask<CallableFlow> DescribeAsync(
        WorkspaceId workspace, string reference, string name, FlowVersion version, FlowDefinition definition, CancellationToken cancellationToken)
    {
        var compiled = await plans.CompileAsync(workspace, definition, cancellationToken);
        return new CallableFlow(version.Flow, reference, name, version.Number!.Value, SchemaOf(definition.Inputs))
        {
            Inputs = [.. definition.Inputs.Select(input => input.Name)],
            Outputs = [.. (compiled.Plan?.Outputs ?? []).Select(port => port.Name)],
        };
    }

    private static JsonElement SchemaOf(IReadOnlyList<FlowInput> inputs)
    {
        var properties = new JsonObject();
        foreach (var input in inputs)
        {
            var property = TypeOf(input.Type);
            if ((input.Description ?? input.Title) is { } text)
            {
                property["description"] = text;
            }

            properties[input.Name] = property;
        }

        return JsonSerializer.SerializeToElement(new JsonObject
        {
            ["type"] = "object",
            ["properties"] = properties,
            ["required"] = new JsonArray([.. inputs.Where(input => input.Required && input.Default is null).Select(input => JsonValue.Create(input.Name))]),
        });
    }

    private static JsonObject TypeOf(PortType type) => type.Kind switch
    {
        PortKind.Text => new() { ["type"] = "string" },
        PortKind.Number => new() { ["type"] = "number" },
        PortKind.Boolean => new() { ["type"] = "boolean" },
        PortKind.List => new() { ["type"] = "array", ["items"] = TypeOf(type.Element!) },
        PortKind.Passages or PortKind.Messages => new() { ["type"] = "array" },
        PortKind.File => new() { ["type"] = "object" },
        _ => new(),
    };
}

/// <summary>Expected failures of calling flows.</summary>
public static class CallErrors
{
    public static Error NotFound(string reference) => new(
        "flow.not_found", $"There is no published flow \"{reference}\" here.", "Publish it, or name one that is.");

    public static Error TooDeep(string reference) => new(
        "flow.calls_itself", $"The call of \"{reference}\" would be the {FlowCall.MostDepth + 1}th inside each other.", "Look which of the flows calls itself by a detour.");

    public static Error Waits(string reference, RunId run) => new(
        "flow.waits", $"The flow \"{reference}\" waits for somebody's decision, which a caller cannot.", $"Decide it in its run {run}, or call a flow that needs nobody.");

    public static Error TooLong(string reference) => new(
        "flow.too_long", $"The flow \"{reference}\" did not end within half an hour.", "Look at its run, and let it do less.");
}
