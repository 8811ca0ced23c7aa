using MistralStudio.Core;

namespace MistralStudio.Agents.Nodes.HttpRequest;

/// <summary>Expected failures of HTTP requests. None holds what a server said: that may be anything.</summary>
public static class HttpRequestErrors
{
    public static Error BadUrl(string url) => new(
        "http.bad_url", $"\"{Cut(url)}\" is no address to call.", "Give one like https://api.example.com/v1, or a path where there is a connection.");

    public static Error BadHeader(string name) => new(
        "http.bad_header", $"\"{Cut(name)}\" cannot be a header.", "A name is letters, digits and hyphens; a value is one line.");

    public static Error OwnHeader(string name) => new(
        "http.own_header", $"The header {name} follows from the request itself.", "Leave it out.");

    public static Error SecretHeader(string name) => new(
        "http.secret_header",
        $"The header {name} would put a secret into the flow, its versions and its runs.",
        "Leave it out; an admin can add a connection to this API under Models, Connections, which holds the key: name that here.");

    public static Error StrayBody() => new("http.stray_body", "GET and HEAD send no body.", "Take the body away, or choose another method.");

    public static Error BodyNotJson() => new(
        "http.body_not_json", "The body says that it is JSON, and is none.", "Write what arrives as JSON into it: {\"text\": {{ text | json }}}.");

    public static Error Status(string place, int status, string reason) => new(
        "http.status",
        reason.Length > 0 ? $"{place} answered {status} {Cut(reason)}." : $"{place} answered {status}.",
        "Look at what was sent; to go on with such answers, switch \"Go on with any status\" on.");

    public static Error NotText(string place, string mediaType) => new(
        "http.not_text", $"{place} answered with {(mediaType.Length > 0 ? Cut(mediaType) : "something")} that is neither JSON nor text.", "Ask for JSON or text, for one with the header Accept.");

    private static string Cut(string text)
    {
        text = string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return text.Length <= 100 ? text : $"{text[..97]}...";
    }
}
