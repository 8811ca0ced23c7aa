using System.ClientModel;
using System.ClientModel.Primitives;
using System.Globalization;
using System.Text.Json;
using MistralStudio.Core;
using MistralStudio.Core.Connections;
using MistralStudio.Core.Egress;
using MistralStudio.Core.Models;
using Polly.CircuitBreaker;

namespace MistralStudio.Agents.Connections;

/// <summary>What a client library throws, as a failure of the product that holds no key and no stack of theirs.</summary>
internal static class RemoteFailures
{
    private const int MaxReason = 300;

    /// <summary>The failure; null for what is none of the server's: cancellation, and bugs.</summary>
    public static ModelException? Of(Exception exception, OpenedConnection connection, string model, TimeProvider time) => exception switch
    {
        OperationCanceledException => null,
        ModelException known => known,
        _ when EgressException.Find(exception) is { } egress => new ModelException(egress),
        BrokenCircuitException broken => new ModelException(ConnectionErrors.Resting(connection.Connection.Slug), broken.RetryAfter),
        ClientResultException { Status: > 0 } answered => Of(answered, connection, model, time),
        ClientResultException or JsonException or InvalidOperationException or NotSupportedException or KeyNotFoundException or FormatException
            => new ModelException(ConnectionErrors.Unreadable(connection.Connection.Slug)),
        HttpRequestException or IOException => new ModelException(EgressErrors.Broken(HostAndPort.Of(connection.Connection.Settings.Address))),
        AggregateException { InnerException: { } inner } => Of(inner, connection, model, time),
        _ => null,
    };

    /// <summary>What a status means.</summary>
    /// <param name="reason">What the server said, without the key.</param>
    public static Error Of(int status, OpenedConnection connection, string model, string reason)
    {
        var slug = connection.Connection.Slug;
        return status switch
        {
            401 => ConnectionErrors.Unauthorized(slug),
            403 => ConnectionErrors.Forbidden(slug),
            404 => ConnectionErrors.ModelUnknown(slug, model),
            429 => ConnectionErrors.Busy(slug),
            >= 500 or 408 => ConnectionErrors.Failed(slug, status),
            // A page of a proxy, a redirect, anything that is no API.
            < 400 => ConnectionErrors.Unreadable(slug),
            _ => ConnectionErrors.Rejected(slug, reason),
        };
    }

    /// <summary>The words of an error's body: one line, cut, and without the key should the server repeat it.</summary>
    public static string ReasonOf(string body, string? key)
    {
        var text = Words(body);
        if (key is { Length: > 0 })
        {
            text = text.Replace(key, "(key)", StringComparison.Ordinal);
        }

        text = string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return text.Length == 0 ? "it does not say why" : (text.Length > MaxReason ? text[..MaxReason] + "…" : text).TrimEnd('.');
    }

    private static ModelException Of(ClientResultException answered, OpenedConnection connection, string model, TimeProvider time)
    {
        var response = answered.GetRawResponse();
        var reason = ReasonOf(response?.Content.ToString() ?? "", connection.Key);
        return new ModelException(Of(answered.Status, connection, model, reason), response is null ? null : WaitOf(response, time.GetUtcNow()));
    }

    private static TimeSpan? WaitOf(PipelineResponse response, DateTimeOffset now)
    {
        if (!response.Headers.TryGetValue("Retry-After", out var text))
        {
            return null;
        }

        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds) && seconds is >= 0 and < 86_400)
        {
            return TimeSpan.FromSeconds(seconds);
        }

        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date) && date > now ? date - now : null;
    }

    // {"error":{"message":"..."}}, {"error":"..."}, {"message":"..."}, {"detail":"..."}; anything else as it is.
    private static string Words(string body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            var root = json.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
            {
                return body;
            }

            if (root.TryGetProperty("error", out var error))
            {
                root = error;
            }

            if (root.ValueKind == JsonValueKind.String)
            {
                return root.GetString()!;
            }

            foreach (var name in (ReadOnlySpan<string>)["message", "detail"])
            {
                if (root.ValueKind == JsonValueKind.Object && root.TryGetProperty(name, out var words))
                {
                    return words.ToString();
                }
            }

            return body;
        }
        catch (JsonException)
        {
            return body;
        }
    }
}
