using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace MistralStudio.Core.Egress;

/// <summary>A place that may be allowed by name: <c>ollama.lan:11434</c>, <c>127.0.0.1:8000</c>, <c>[::1]:8000</c>.</summary>
/// <param name="Host">Lower case, without a closing dot; an IPv6 address without brackets.</param>
/// <param name="Port">1 to 65535.</param>
public readonly record struct HostAndPort(string Host, int Port)
{
    /// <summary>The place that an address names.</summary>
    public static HostAndPort Of(Uri address) => new(Normalise(address.IdnHost), address.Port);

    /// <summary>Reads a place; false where the text is none: no scheme, no path, no wildcard, and always a port.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out HostAndPort place)
    {
        place = default;
        var colon = text?.LastIndexOf(':') ?? -1;
        if (colon <= 0
            || !int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            || port is < 1 or > 65535)
        {
            return false;
        }

        // Read as part of an address, so that 127.1 and 127.0.0.1 are the same place here as there.
        if (text!.AsSpan(0, colon).ContainsAny("/?#@\\* ")
            || !Uri.TryCreate($"http://{text}", UriKind.Absolute, out var uri)
            || uri.Host.Length == 0 || uri.Port != port)
        {
            return false;
        }

        place = Of(uri);
        return true;
    }

    /// <summary>The form that <see cref="TryParse"/> reads.</summary>
    public override string ToString()
    {
        var host = IPAddress.TryParse(Host, out var address) && address.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{Host}]" : Host;
        return string.Create(CultureInfo.InvariantCulture, $"{host}:{Port}");
    }

    private static string Normalise(string host)
    {
        var name = host.Trim('[', ']').TrimEnd('.').ToLowerInvariant();
        return IPAddress.TryParse(name, out var address) ? address.ToString() : name;
    }
}
