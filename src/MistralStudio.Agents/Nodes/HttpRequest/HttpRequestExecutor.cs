using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using MistralStudio.Agents.Outside;
using MistralStudio.Core;
using MistralStudio.Core.Connections;
using MistralStudio.Core.Egress;
using MistralStudio.Core.Flows;

namespace MistralStudio.Agents.Nodes.HttpRequest;

/// <summary>Runs HTTP requests, through the guarded way out.</summary>
internal sealed class HttpRequestExecutor(IEgress egress, OutsideGate gate) : INodeExecutor
{
    /// <summary>Bytes that a body may have.</summary>
    public const long MostBytes = 16 << 20;

    // As deep as values of flows may be, with room for what is around them.
    private static readonly JsonDocumentOptions s_json = new() { MaxDepth = 64 };

    /// <inheritdoc/>
    public string Type => HttpRequestNode.Type.Id;

    /// <inheritdoc/>
    public async ValueTask<NodeOutcome> ExecuteAsync(NodeExecution execution, CancellationToken cancellationToken)
    {
        var config = (HttpRequestConfig)execution.Config;
        var workspace = execution.Start.Workspace;
        if (await gate.FindRefusalAsync(workspace, execution.Sources, cancellationToken) is { } refusal)
        {
            return new NodeOutcome.Failed(refusal);
        }

        OpenedConnection? connection = null;
        if (config.Connection is { Length: > 0 } slug)
        {
            var opened = await gate.OpenAsync(workspace, slug, ConnectionKind.Http, cancellationToken);
            if (!opened.IsSuccess)
            {
                return new NodeOutcome.Failed(opened.Error);
            }

            connection = opened.Value;
        }

        var written = Write(config, connection, execution.IdempotencyKey);
        if (!written.IsSuccess)
        {
            return new NodeOutcome.Failed(written.Error);
        }

        using var request = written.Value;
        var place = HostAndPort.Of(request.RequestUri!).ToString();
        var mayRepeat = HttpRequestNode.IsReading(config.Method) || config.Idempotent;
        var limit = TimeSpan.FromSeconds(config.TimeoutSeconds);
        var limits = new EgressLimits { MaxBytes = MostBytes, HeadTimeout = limit, IdleTimeout = limit, TotalTimeout = limit };
        try
        {
            var sent = await egress.SendAsync(workspace, request, limits, cancellationToken);
            if (!sent.IsSuccess)
            {
                return new NodeOutcome.Failed(sent.Error, mayRepeat && ServerAnswer.IsTransient(sent.Error));
            }

            using var response = sent.Value;
            if ((int)response.StatusCode >= 400 && !config.AnyStatus)
            {
                return new NodeOutcome.Failed(HttpRequestErrors.Status(place, (int)response.StatusCode, Reason(response)), mayRepeat && ServerAnswer.IsTransient(response.StatusCode))
                {
                    RetryAfter = ServerAnswer.PauseOf(response, execution.Time.GetUtcNow()),
                };
            }

            return await ReadAsync(response, place, connection?.Key, cancellationToken);
        }
        catch (Exception broken) when (EgressException.Find(broken) is { } error)
        {
            return new NodeOutcome.Failed(error, mayRepeat && ServerAnswer.IsTransient(error));
        }
    }

    private static Result<HttpRequestMessage> Write(HttpRequestConfig config, OpenedConnection? connection, string idempotencyKey)
    {
        if (Address(config, connection) is not { } address)
        {
            return HttpRequestErrors.BadUrl(config.Url);
        }

        var request = new HttpRequestMessage(new HttpMethod(config.Method), address);
        if (Fill(request, config) is { } wrong)
        {
            request.Dispose();
            return wrong;
        }

        if (config.Idempotent)
        {
            request.Headers.TryAddWithoutValidation("Idempotency-Key", idempotencyKey);
        }

        if (connection is not null && !ServerKey.Put(request, connection))
        {
            request.Dispose();
            return OutsideErrors.OtherServer(connection.Connection.Slug, HostAndPort.Of(connection.Connection.Settings.Address).ToString(), HostAndPort.Of(address).ToString());
        }

        return request;
    }

    private static Uri? Address(HttpRequestConfig config, OpenedConnection? connection)
    {
        var text = config.Url.Trim();
        if (connection is not null && !text.Contains("://", StringComparison.Ordinal))
        {
            text = $"{connection.Connection.Settings.Address.ToString().TrimEnd('/')}/{text.TrimStart('/')}";
        }

        if (text.Any(char.IsControl) || !Uri.TryCreate(text, UriKind.Absolute, out var address)
            || address.Scheme is not ("http" or "https") || address.Host.Length == 0 || address.UserInfo.Length > 0)
        {
            return null;
        }

        if (config.Query.Count == 0)
        {
            return address;
        }

        var query = new StringBuilder(address.Query.TrimStart('?'));
        foreach (var (name, value) in config.Query)
        {
            query.Append(query.Length > 0 ? "&" : "").Append(Uri.EscapeDataString(name)).Append('=').Append(Uri.EscapeDataString(value));
        }

        return new UriBuilder(address) { Query = query.ToString() }.Uri;
    }

    private static Error? Fill(HttpRequestMessage request, HttpRequestConfig config)
    {
        string? mediaType = null;
        foreach (var (name, value) in config.Headers)
        {
            if ((RequestHeaders.Problem(name) ?? (RequestHeaders.IsValue(value) ? null : HttpRequestErrors.BadHeader(name))) is { } wrong)
            {
                return wrong;
            }

            if (name.Equals("Content-Type", StringComparison.OrdinalIgnoreCase))
            {
                mediaType = value.Trim();
            }
            else if (!request.Headers.TryAddWithoutValidation(name, value.Trim()))
            {
                // What describes a body and is not its type follows from the body.
                return HttpRequestErrors.OwnHeader(name);
            }
        }

        if (config.Body is not { } body || HttpRequestNode.IsReading(config.Method))
        {
            return null;
        }

        var isJson = RequestBody.IsJson(body);
        if (!isJson && mediaType is not null && RequestBody.SaysJson(mediaType))
        {
            return HttpRequestErrors.BodyNotJson();
        }

        request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        if (!MediaTypeHeaderValue.TryParse(mediaType ?? (isJson ? "application/json" : "text/plain; charset=utf-8"), out var type))
        {
            return HttpRequestErrors.BadHeader("Content-Type");
        }

        request.Content.Headers.ContentType = type;
        return null;
    }

    private static async Task<NodeOutcome> ReadAsync(HttpResponseMessage response, string place, string? key, CancellationToken cancellationToken)
    {
        var bytes = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        var type = response.Content.Headers.ContentType;
        if (ServerAnswer.TextOf(bytes, type?.CharSet) is not { } text)
        {
            return new NodeOutcome.Failed(HttpRequestErrors.NotText(place, type?.MediaType ?? ""));
        }

        text = ServerKey.Hide(text, key);
        var headers = response.Headers.NonValidated.Concat(response.Content.Headers.NonValidated).Where(header => RequestHeaders.IsShown(header.Key))
            .ToDictionary(header => header.Key.ToLowerInvariant(), header => ServerKey.Hide(string.Join(", ", header.Value), key), StringComparer.Ordinal);
        return new NodeOutcome.Succeeded(new Dictionary<string, FlowValue>(3, StringComparer.Ordinal)
        {
            ["status"] = FlowValue.Of((int)response.StatusCode),
            ["body"] = Body(text, type?.MediaType),
            ["headers"] = FlowValue.From(headers),
        });
    }

    private static FlowValue Body(string text, string? mediaType)
    {
        if (text.Length == 0)
        {
            return FlowValue.Null;
        }

        if (mediaType is not null && RequestBody.SaysJson(mediaType))
        {
            try
            {
                return FlowValue.Of(JsonElement.Parse(text, s_json));
            }
            catch (JsonException)
            {
                // It says that it is JSON and is not: its text is what there is.
            }
        }

        return FlowValue.Of(text);
    }

    private static string Reason(HttpResponseMessage response) => response.ReasonPhrase ?? "";
}

/// <summary>What kind of text a body is.</summary>
internal static class RequestBody
{
    public static bool IsJson(string body)
    {
        if (body.AsSpan().TrimStart() is not [var first, ..] || !(first is '{' or '[' or '"' or '-' || char.IsAsciiDigit(first) || body.AsSpan().Trim() is "true" or "false" or "null"))
        {
            return false;
        }

        try
        {
            using var read = JsonDocument.Parse(body);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    public static bool SaysJson(string mediaType)
    {
        var name = mediaType.AsSpan();
        name = (name.IndexOf(';') is >= 0 and var end ? name[..end] : name).Trim();
        return name.Equals("application/json", StringComparison.OrdinalIgnoreCase) || name.EndsWith("+json", StringComparison.OrdinalIgnoreCase) || name.Equals("text/json", StringComparison.OrdinalIgnoreCase);
    }
}
