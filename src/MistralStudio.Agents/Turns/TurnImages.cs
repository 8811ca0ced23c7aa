using Microsoft.Extensions.AI;
using MistralStudio.Core;
using MistralStudio.Core.Agents;
using MistralStudio.Core.Blobs;
using MistralStudio.Core.Images;
using MistralStudio.Core.Models;

namespace MistralStudio.Agents.Turns;

/// <summary>The images of a turn's messages, as the model is shown them.</summary>
internal static class TurnImages
{
    private static readonly Dictionary<string, DataContent> s_none = [];

    /// <summary>Reads them, by hash; fails where the model reads none, and where one is gone.</summary>
    /// <param name="model">What the model is called.</param>
    public static async Task<Result<IReadOnlyDictionary<string, DataContent>>> ReadAsync(
        AgentTurn turn, ChatAbilities abilities, string model, IBlobStore blobs, CancellationToken cancellationToken)
    {
        var images = turn.Messages.SelectMany(message => message.Images).DistinctBy(image => image.Sha256).ToList();
        if (images.Count == 0)
        {
            return s_none;
        }

        if (!abilities.Images)
        {
            return ImageErrors.CannotRead(model);
        }

        var read = await ImageBytes.ReadAsync(blobs, turn.Workspace, images, cancellationToken);
        return read.IsSuccess ? images.ToDictionary(image => image.Sha256, image => new DataContent(read.Value[image.Sha256], image.MediaType), StringComparer.Ordinal) : read.Error;
    }
}
