using MistralStudio.Core.Conversations;
using MistralStudio.Core.Ids;

namespace MistralStudio.Web.Features.Prompts;

/// <summary>Where parts of a prompt are served.</summary>
public static class PromptAddresses
{
    /// <summary>The bytes of an image.</summary>
    /// <param name="workspace">The workspace's part of the address.</param>
    public static string Image(string workspace, PromptId prompt, MessageImage image) => $"/w/{workspace}/prompts/{prompt}/images/{image.Sha256}";
}
