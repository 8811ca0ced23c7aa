using System.Security.Claims;
using Microsoft.Extensions.AI;
using MistralStudio.Core.Models;
using MistralStudio.Web.Security;

namespace MistralStudio.Web.Features.ModelApi;

/// <summary>Finds the model that a request names, in the caller's workspace.</summary>
internal static class ModelLookup
{
    /// <summary>Finds a chat model that honours the options and reads what the messages show; exactly one of the two results is present.</summary>
    public static async Task<(ResolvedModel? Model, ApiError? Error)> FindChatAsync(HttpContext http, IModelRouter router, ModelReference reference, ChatOptions options, IReadOnlyList<ChatMessage>? messages = null)
    {
        var found = await router.ResolveAsync(http.GetCaller().Workspace, reference, http.RequestAborted);
        if (!found.IsSuccess)
        {
            return (null, ApiError.From(found.Error));
        }

        options.Client = ClientOf(http);
        var abilities = ChatAbilities.Of(found.Value.Chat);
        return (ChatRequestReader.FindBeyond(options, abilities, found.Value.Id) ?? ContentParts.FindUnread(messages ?? [], abilities.Images, found.Value.Id)) is { } beyond
            ? (null, beyond)
            : (found.Value, null);
    }

    /// <summary>Finds a model that continues a text; exactly one of the two results is present.</summary>
    public static async Task<(ITextCompletion? Model, string Id, ApiError? Error)> FindTextAsync(
        HttpContext http, IModelRouter router, ModelReference reference, ChatOptions options)
    {
        var (model, error) = await FindChatAsync(http, router, reference, options);
        if (model is null)
        {
            return (null, "", error);
        }

        return model.Chat.GetService<ITextCompletion>() is { } text
            ? (text, model.Id, null)
            : (null, "", new ApiError(
                400, "invalid_request_error", "model.no_completion", $"\"{model.Id}\" only takes conversations. Use POST /v1/chat/completions, or a model of this machine.", "model"));
    }

    /// <summary>Who waits for the model: the key, or the person. Those take turns.</summary>
    private static string ClientOf(HttpContext http) =>
        http.User.FindFirstValue("key") ?? http.GetCaller().User?.ToString() ?? "";
}
