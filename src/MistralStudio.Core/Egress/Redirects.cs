using System.Net;

namespace MistralStudio.Core.Egress;

/// <summary>What becomes of a request that a server sends elsewhere; plain decisions.</summary>
internal static class Redirects
{
    // What a server elsewhere needs for the same answer, and that tells nothing about who asks.
    private static readonly string[] s_harmless = ["Accept", "Range", "If-Range", "User-Agent"];

    /// <summary>Where an answer sends the request; null where it does not.</summary>
    public static Uri? TargetOf(HttpResponseMessage response, Uri from) =>
        response.StatusCode is HttpStatusCode.MovedPermanently or HttpStatusCode.Found or HttpStatusCode.SeeOther
            or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect
        && response.Headers.Location is { } location && Uri.TryCreate(from, location, out var target) ? target : null;

    /// <summary>True where the request may be made again at its target: it changes nothing, and secrecy is not lost on the way.</summary>
    public static bool MayFollow(HttpMethod method, Uri from, Uri target) =>
        (method == HttpMethod.Get || method == HttpMethod.Head) && !(from.Scheme == Uri.UriSchemeHttps && target.Scheme != Uri.UriSchemeHttps);

    /// <summary>The request at its target.</summary>
    public static HttpRequestMessage Next(HttpRequestMessage request, Uri target)
    {
        var from = request.RequestUri!;
        var isSameOrigin = from.Scheme == target.Scheme && HostAndPort.Of(from) == HostAndPort.Of(target);
        var next = new HttpRequestMessage(request.Method, target) { Version = request.Version, VersionPolicy = request.VersionPolicy };
        foreach (var (name, values) in request.Headers.NonValidated)
        {
            // A host named by hand is the host of the first address.
            if (!name.Equals("Host", StringComparison.OrdinalIgnoreCase) && (isSameOrigin || s_harmless.Contains(name, StringComparer.OrdinalIgnoreCase)))
            {
                next.Headers.TryAddWithoutValidation(name, values);
            }
        }

        return next;
    }
}
