using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Models;
using MistralStudio.Core.Security;
using MistralStudio.Retrieval;
using MistralStudio.Web.Features.WorkspaceApi;
using MistralStudio.Web.Security;

namespace MistralStudio.Web.Features.KnowledgeApi;

/// <summary>Takes files into a conversation of the caller's own; the playground uploads here.</summary>
internal static class ConversationFileEndpoint
{
    /// <summary>Maps it.</summary>
    public static void MapConversationFiles(this IEndpointRouteBuilder app) =>
        app.MapGroup("/api/conversations").WithTags("Conversations").GuardCookies()
            .MapPost("/{conversation:guid}/files", UploadAsync).RequirePermission(Permissions.KnowledgeSearch).WithIdempotency()
            .Accepts<IFormFileCollection>("multipart/form-data")
            .WithSummary("Adds files, in the field `files`, to a conversation of yours; only you can see them, and they go with it.")
            .Produces<WireUpload>(202).ProducesProblems(404, 409, 413, 422, 507);

    private static async Task<IResult> UploadAsync(
        ConversationId conversation, HttpContext http, [FromServices] IConversationStore conversations, [FromServices] IConversationFiles files,
        [FromServices] IDocumentIntake intake, [FromServices] IModelHost models, [FromServices] IDefaultModels defaults, IOptions<KnowledgeOptions> options)
    {
        var (workspace, user, _) = http.GetCaller();
        if (user is not { } owner || await conversations.FindAsync(workspace, owner, conversation, http.RequestAborted) is null)
        {
            return ErrorResults.From(KnowledgeApiErrors.ConversationNotFound());
        }

        if (FileBody.Admit(http, options.Value.MaxDocumentBytes, KnowledgeErrors.DocumentTooLarge) is { } refused)
        {
            return ErrorResults.From(refused);
        }

        if (await defaults.FindAsync(models, workspace, ModelTask.Embedding, http.RequestAborted) is not { State: not ModelState.Failed } embedder)
        {
            return ErrorResults.From(KnowledgeApiErrors.NoEmbedder());
        }

        if (await files.OpenAsync(workspace, owner, conversation, embedder.Id, http.RequestAborted) is not { } parent)
        {
            return ErrorResults.From(KnowledgeApiErrors.ConversationNotFound());
        }

        var upload = await new DocumentUpload(intake).ReadAsync(http.Request, KnowledgeAccess.Of(workspace, owner), parent.Id, owner, http.RequestAborted);
        return upload.Match<IResult>(taken => TypedResults.Accepted((string?)null, taken), ErrorResults.From);
    }
}
