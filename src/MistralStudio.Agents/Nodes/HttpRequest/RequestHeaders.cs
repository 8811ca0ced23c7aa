using System.Collections.Frozen;
using System.Text.RegularExpressions;
using MistralStudio.Core;

namespace MistralStudio.Agents.Nodes.HttpRequest;

/// <summary>Which headers a flow may put on a request, and which of an answer it is shown; plain decisions.</summary>
internal static partial class RequestHeaders
{
    // What carries the request: it follows from the address and the body.
    private static readonly FrozenSet<string> s_own = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        "Host", "Connection", "Content-Length", "Transfer-Encoding", "Upgrade", "TE", "Trailer", "Expect", "Keep-Alive", "Proxy-Connection", "Proxy-Authorization", "Idempotency-Key");

    // What a definition, its exports and journals would give away.
    private static readonly FrozenSet<string> s_secret = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        "Authorization", "Cookie", "X-Api-Key", "Api-Key", "ApiKey", "X-Auth-Token", "X-Access-Token", "Private-Token", "X-Goog-Api-Key", "Ocp-Apim-Subscription-Key");

    private static readonly FrozenSet<string> s_notShown = FrozenSet.Create(StringComparer.OrdinalIgnoreCase, "Set-Cookie", "Set-Cookie2", "Proxy-Authenticate");

    /// <summary>Why a header of this name may not be set; null where it may.</summary>
    public static Error? Problem(string name) =>
        !Name().IsMatch(name) ? HttpRequestErrors.BadHeader(name)
        : s_own.Contains(name) ? HttpRequestErrors.OwnHeader(name)
        : s_secret.Contains(name) ? HttpRequestErrors.SecretHeader(name)
        : null;

    /// <summary>True where a value stays one header: no line ends in it, and nothing else that is not to be seen.</summary>
    public static bool IsValue(string value) => !value.Any(letter => (letter < ' ' && letter != '\t') || letter == '\u007F');

    /// <summary>True where the author of a flow is shown a header of an answer.</summary>
    public static bool IsShown(string name) => !s_notShown.Contains(name);

    // A token of RFC 9110.
    [GeneratedRegex("^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,200}$", RegexOptions.CultureInvariant)]
    private static partial Regex Name();
}
