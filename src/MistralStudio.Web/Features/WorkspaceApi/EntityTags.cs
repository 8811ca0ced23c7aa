using System.Security.Cryptography;
using System.Text;
using MistralStudio.Core;

namespace MistralStudio.Web.Features.WorkspaceApi;

/// <summary>ETag and If-Match of what two people can edit: a change names the state that it was made from.</summary>
internal static class EntityTags
{
    /// <summary>Says which state is answered.</summary>
    public static void SetTag(this HttpContext http, string tag) => http.Response.Headers.ETag = $"\"{tag}\"";

    /// <summary>The state that a change was made from; fails where the request names none.</summary>
    public static Result<string> ReadTag(this HttpContext http)
    {
        var sent = http.Request.Headers.IfMatch.ToString().Trim();
        return sent.Length > 2 && sent[0] == '"' && sent[^1] == '"' ? sent[1..^1] : TagErrors.Missing();
    }

    /// <summary>A tag of a state that has no revision of its own.</summary>
    public static string TagOf(string state) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(state)))[..16];
}

/// <summary>Expected failures of If-Match.</summary>
internal static class TagErrors
{
    public static Error Missing() => new(
        "request.revision_missing", "The change was sent without the state that it was made from.", "Read the thing first, then send its ETag as If-Match.");
}
