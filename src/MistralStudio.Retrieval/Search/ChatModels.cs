using Microsoft.Extensions.AI;
using MistralStudio.Core;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Models;

namespace MistralStudio.Retrieval.Search;

/// <summary>Short answers of a chat model for the steps of a search. What stays on this machine is not sent to a connection: the router sees to it.</summary>
internal sealed class ChatModels(IModelRouter? router = null)
{
    /// <summary>The model's answer to one request, likeliest words first.</summary>
    /// <param name="named">A model reference; null: the workspace's default.</param>
    /// <param name="bases">Bases whose words the request holds.</param>
    public async Task<Result<string>> AskAsync(
        WorkspaceId workspace, string? named, IReadOnlyCollection<KnowledgeBaseId> bases, string instructions, string request, int mostTokens,
        CancellationToken cancellationToken)
    {
        if (router is null)
        {
            return SearchErrors.NoRouter();
        }

        if (!ModelReference.TryParse(named ?? "default", out var reference))
        {
            return SearchErrors.BadModel(named!);
        }

        var resolved = await router.ResolveAsync(workspace, reference, bases, cancellationToken);
        if (!resolved.IsSuccess)
        {
            return resolved.Error;
        }

        try
        {
            var answer = await resolved.Value.Chat.GetResponseAsync(
                [new(ChatRole.System, instructions), new(ChatRole.User, request)],
                new() { Temperature = 0, MaxOutputTokens = mostTokens },
                cancellationToken);
            return answer.Text;
        }
        catch (ModelException exception)
        {
            return exception.Error;
        }
    }
}
