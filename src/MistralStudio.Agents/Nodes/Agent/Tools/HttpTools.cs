using System.Text;
using System.Text.Json;
using MistralStudio.Agents.Nodes.HttpRequest;
using MistralStudio.Agents.Outside;
using MistralStudio.Agents.Tools;
using MistralStudio.Core;
using MistralStudio.Core.Connections;
using MistralStudio.Core.Egress;
using MistralStudio.Core.Flows;

namespace MistralStudio.Agents.Nodes.Agent.Tools;

/// <summary>Operations of an HTTP API that an OpenAPI document describes, called through the guarded way out.</summary>
internal sealed class HttpTools(IEgress egress, OutsideGate gate) : IAgentTools
{
    private static readonly EgressLimits s_limits = new()
    {
        MaxBytes = 4 << 20, HeadTimeout = TimeSpan.FromSeconds(60), IdleTimeout = TimeSpan.FromSeconds(60), TotalTimeout = TimeSpan.FromSeconds(100),
    };

    public ToolKind Kind => ToolKind.Http;

    public ValueTask<Result<IReadOnlyList<AgentFunction>>> ListAsync(NodeExecution execution, AgentTool tool, int index, CancellationToken cancellationToken)
    {
        var read = OpenApiDocument.Read(tool.Document!.Value, tool.Operations);
        return new(read.IsSuccess
            ? Result<IReadOnlyList<AgentFunction>>.Success(
            [
                .. read.Value.Operations.Select(operation => new AgentFunction(
                    operation.Id, operation.Description, operation.Parameters, index, operation.Id, operation.OnlyReads ? NodeEffects.Reads : NodeEffects.Changes)),
            ])
            : read.Error);
    }

    public async Task<Result<ToolOutcome>> CallAsync(AgentCall call, CancellationToken cancellationToken)
    {
        var workspace = call.Execution.Start.Workspace;
        if (await gate.FindRefusalAsync(workspace, call.Sources, cancellationToken) is { } refusal)
        {
            return refusal;
        }

        OpenedConnection? connection = null;
        if (call.Tool.Connection is { } slug)
        {
            var opened = await gate.OpenAsync(workspace, slug, ConnectionKind.Http, cancellationToken);
            if (!opened.IsSuccess)
            {
                return opened.Error;
            }

            connection = opened.Value;
        }

        var document = OpenApiDocument.Read(call.Tool.Document!.Value, [call.Function.Target]);
        if (!document.IsSuccess)
        {
            return document.Error;
        }

        if ((connection?.Connection.Settings.Address ?? document.Value.Server) is not { } server)
        {
            return AgentNodeErrors.BadDocument("it names no whole address of a server, and no connection does");
        }

        var operation = document.Value.Operations[0];
        if (AddressOf(server, operation, call.Arguments) is not { } address)
        {
            return ToolCallErrors.BadArguments("an argument of the path is empty, or leads elsewhere");
        }

        using var request = new HttpRequestMessage(operation.Method, address);
        if (Fill(request, operation, call.Arguments) is { } wrong)
        {
            return wrong;
        }

        if (connection is not null)
        {
            ServerKey.Put(request, connection);
        }

        try
        {
            var sent = await egress.SendAsync(workspace, request, s_limits, cancellationToken);
            if (!sent.IsSuccess)
            {
                return sent.Error;
            }

            using var response = sent.Value;
            var bytes = await response.Content.ReadAsByteArrayAsync(cancellationToken);
            var text = ServerAnswer.TextOf(bytes, response.Content.Headers.ContentType?.CharSet);
            return new ToolOutcome($"Status {(int)response.StatusCode}\n{(text is null ? $"({Size.Format(bytes.Length)} that are no text)" : ServerKey.Hide(text, connection?.Key))}".TrimEnd());
        }
        catch (Exception broken) when (EgressException.Find(broken) is { } error)
        {
            return error;
        }
    }

    // Arguments become pieces of the path and the query, never more: a slash or dots of theirs lead nowhere else.
    private static Uri? AddressOf(Uri server, ApiOperation operation, JsonElement arguments)
    {
        var path = operation.Path;
        var query = new StringBuilder();
        foreach (var (name, place) in operation.Places)
        {
            if (!arguments.TryGetProperty(name, out var value) || place == ArgumentPlace.Header)
            {
                continue;
            }

            if (place == ArgumentPlace.Path)
            {
                var piece = Uri.EscapeDataString(TextOf(value));
                if (piece is "" or "." or "..")
                {
                    return null;
                }

                path = path.Replace($"{{{name}}}", piece, StringComparison.Ordinal);
                continue;
            }

            foreach (var one in value.ValueKind == JsonValueKind.Array ? value.EnumerateArray().AsEnumerable() : [value])
            {
                query.Append(query.Length > 0 ? '&' : '?').Append(Uri.EscapeDataString(name)).Append('=').Append(Uri.EscapeDataString(TextOf(one)));
            }
        }

        return new Uri($"{server.GetLeftPart(UriPartial.Path).TrimEnd('/')}{path}{query}");
    }

    private static Error? Fill(HttpRequestMessage request, ApiOperation operation, JsonElement arguments)
    {
        request.Headers.TryAddWithoutValidation("Accept", "application/json, text/*;q=0.9");
        foreach (var (name, _) in operation.Places.Where(place => place.Value == ArgumentPlace.Header))
        {
            if (arguments.TryGetProperty(name, out var value))
            {
                if (!RequestHeaders.IsValue(TextOf(value)) || !request.Headers.TryAddWithoutValidation(name, TextOf(value).Trim()))
                {
                    return HttpRequestErrors.BadHeader(name);
                }
            }
        }

        if (operation.HasBody && arguments.TryGetProperty("body", out var body))
        {
            request.Content = new StringContent(body.GetRawText(), Encoding.UTF8, "application/json");
        }

        return null;
    }

    private static string TextOf(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();
}
