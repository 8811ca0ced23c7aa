using System.Net.Http.Headers;
using System.Text.Json;
using MistralStudio.Core.Connections;

namespace MistralStudio.Agents.Outside;

/// <summary>The key of a connection, on its way out and on its way back.</summary>
internal static class ServerKey
{
    // A shorter one would be found in words that have nothing to do with it.
    private const int LeastToHide = 6;

    /// <summary>Puts the key on a request to its own server; false, and nothing done, where the request goes elsewhere.</summary>
    public static bool Put(HttpRequestMessage request, OpenedConnection connection)
    {
        var settings = connection.Connection.Settings;
        if (request.RequestUri is not { IsAbsoluteUri: true } address || ConnectionRules.LeavesServer(settings.Address, address))
        {
            return false;
        }

        if (connection.Key is not { Length: > 0 } key)
        {
            return true;
        }

        if (settings.KeyHeader is { } header && !header.Equals("Authorization", StringComparison.OrdinalIgnoreCase))
        {
            request.Headers.Remove(header);
            request.Headers.TryAddWithoutValidation(header, key);
        }
        else
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        }

        return true;
    }

    /// <summary>What a server said, without the key should it repeat it: what comes back is journalled.</summary>
    public static string Hide(string text, string? key)
    {
        if (key is not { Length: >= LeastToHide })
        {
            return text;
        }

        var escaped = JsonSerializer.Serialize(key)[1..^1];
        text = text.Replace(key, "(key)", StringComparison.Ordinal);
        return escaped == key ? text : text.Replace(escaped, "(key)", StringComparison.Ordinal);
    }
}

/// <summary>Puts the key of a connection on every request to its server.</summary>
internal sealed class ServerKeyHandler(OpenedConnection connection, HttpMessageHandler egress) : DelegatingHandler(egress)
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ServerKey.Put(request, connection);
        return base.SendAsync(request, cancellationToken);
    }
}
