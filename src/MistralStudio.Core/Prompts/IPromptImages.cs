using MistralStudio.Core.Ids;

namespace MistralStudio.Core.Prompts;

/// <summary>The images of saved prompts: blobs of a prompt, which go with the last of its versions that has them.</summary>
public interface IPromptImages
{
    /// <summary>What owns the blobs of a prompt's images: <c>prompt/{id}</c>.</summary>
    const string OwnerPrefix = "prompt/";

    /// <summary>The owner of a prompt's images.</summary>
    static string OwnerOf(PromptId prompt) => $"{OwnerPrefix}{prompt}";

    /// <summary>Opens an image for a member of the workspace; null where none of the prompt's versions has it.</summary>
    Task<Stream?> OpenAsync(WorkspaceId workspace, PromptId prompt, string sha256, CancellationToken cancellationToken);
}
