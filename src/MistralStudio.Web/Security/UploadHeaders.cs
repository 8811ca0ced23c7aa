using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Components.Forms;
using Microsoft.Extensions.Options;

namespace MistralStudio.Web.Security;

/// <summary>What scripts of a page send along with an upload.</summary>
internal static class UploadHeaders
{
    /// <summary>The workspace, and the token that says that the request is a page's.</summary>
    /// <param name="workspace">The workspace's part of the address.</param>
    public static Dictionary<string, string> Of(string workspace, AntiforgeryStateProvider antiforgery, IOptions<AntiforgeryOptions> options)
    {
        var headers = new Dictionary<string, string> { [Callers.WorkspaceHeader] = workspace };
        if (antiforgery.GetAntiforgeryToken() is { } token)
        {
            headers[options.Value.HeaderName!] = token.Value;
        }

        return headers;
    }
}
