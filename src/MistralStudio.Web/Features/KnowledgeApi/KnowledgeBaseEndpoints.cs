using Microsoft.AspNetCore.Mvc;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Models;
using MistralStudio.Core.Security;
using MistralStudio.Web.Features.WorkspaceApi;
using MistralStudio.Web.Security;

namespace MistralStudio.Web.Features.KnowledgeApi;

/// <summary>Knowledge bases and questions to them, under <c>/api/knowledge-bases</c>.</summary>
public static class KnowledgeBaseEndpoints
{
    private const int MaxName = 200;

    /// <summary>Maps the endpoints of bases, documents and questions.</summary>
    public static void MapKnowledgeApi(this IEndpointRouteBuilder app)
    {
        var bases = app.MapGroup("/api/knowledge-bases").WithTags("Knowledge").GuardCookies();
        bases.MapPost("/", CreateAsync).RequirePermission(Permissions.KnowledgeWrite).WithIdempotency()
            .WithSummary("Creates a knowledge base.").Produces<WireBase>(201).ProducesProblems(409, 422);
        bases.MapGet("/", ListAsync).RequirePermission(Permissions.KnowledgeRead)
            .WithSummary("Knowledge bases, newest first.").Produces<WirePage<WireBase>>().ProducesProblems(422);
        bases.MapGet("/{id:guid}", FindAsync).RequirePermission(Permissions.KnowledgeRead)
            .WithSummary("One knowledge base, with its ETag.").Produces<WireBase>().ProducesProblems(404);
        bases.MapPut("/{id:guid}", RenameAsync).RequirePermission(Permissions.KnowledgeWrite)
            .WithSummary("Renames a knowledge base; If-Match names the ETag that was read.").Produces<WireBase>().ProducesProblems(404, 412, 422, 428);
        bases.MapPut("/{id:guid}/store", MoveAsync).RequirePermission(Permissions.WorkspaceManage)
            .WithSummary("Moves a knowledge base to another store: embedded or qdrant. It is searched all the while; `placement` of the base says how far it is.")
            .Produces<WirePlacement>(202).ProducesProblems(404, 409, 422, 503);
        bases.MapDelete("/{id:guid}", DeleteAsync).RequirePermission(Permissions.KnowledgeWrite)
            .WithSummary("Removes a knowledge base with all its documents.").Produces(204).ProducesProblems(404);
        bases.MapPost("/{id:guid}/search", SearchEndpoint.SearchAsync).RequirePermission(Permissions.KnowledgeSearch)
            .WithSummary("Finds passages.").Produces<WireHits>().ProducesProblems(404, 422, 503);
        bases.MapPost("/{id:guid}/ask", AskEndpoint.AskAsync).RequirePermission(Permissions.KnowledgeSearch).RequirePermission(Permissions.ModelsUse)
            .WithSummary("Answers a question from the documents, as server-sent events: retrieved, delta, done; or error.")
            .Produces<WireDone>(contentType: "text/event-stream").ProducesProblems(404, 422, 503);
        bases.MapDocuments();
        bases.MapPassages();
        bases.MapSources();
        bases.MapSettings();
    }

    private static async Task<IResult> CreateAsync(
        WireBaseName body, HttpContext http, [FromServices] IKnowledgeStore store, [FromServices] IModelHost models, [FromServices] IDefaultModels defaults)
    {
        if (ReadName(body) is not { } name)
        {
            return ErrorResults.From(KnowledgeApiErrors.NameEmpty());
        }

        var caller = http.GetCaller();
        if (await defaults.FindAsync(models, caller.Workspace, ModelTask.Embedding, http.RequestAborted) is not { State: not ModelState.Failed } embedder)
        {
            return ErrorResults.From(KnowledgeApiErrors.NoEmbedder());
        }

        var created = await store.CreateBaseAsync(caller.Workspace, name, embedder.Id, caller.User, http.RequestAborted);
        http.SetTag(TagOf(created));
        return TypedResults.Created($"/api/knowledge-bases/{created.Id}", WireBase.From(created));
    }

    private static Task<IResult> ListAsync(HttpContext http, [FromServices] IKnowledgeStore store, string? search, string? after, int? limit) =>
        PageSize.AnswerAsync(limit, async size => await store.ListBasesAsync(http.GetCaller().Workspace, search, after, size, http.RequestAborted), WireBase.From);

    private static async Task<IResult> FindAsync(KnowledgeBaseId id, HttpContext http, [FromServices] IKnowledgeStore store)
    {
        if (await store.FindBaseAsync(http.GetCaller().Workspace, id, http.RequestAborted) is not { } found)
        {
            return ErrorResults.From(KnowledgeErrors.BaseNotFound());
        }

        http.SetTag(TagOf(found));
        return TypedResults.Ok(WireBase.From(found));
    }

    private static async Task<IResult> RenameAsync(KnowledgeBaseId id, WireBaseName body, HttpContext http, [FromServices] IKnowledgeStore store)
    {
        if (ReadName(body) is not { } name)
        {
            return ErrorResults.From(KnowledgeApiErrors.NameEmpty());
        }

        var tag = http.ReadTag();
        if (!tag.IsSuccess)
        {
            return ErrorResults.From(tag.Error);
        }

        var workspace = http.GetCaller().Workspace;
        if (await store.FindBaseAsync(workspace, id, http.RequestAborted) is not { } found)
        {
            return ErrorResults.From(KnowledgeErrors.BaseNotFound());
        }

        // Compared here, and once more by the store as it writes: somebody may rename it in between.
        return tag.Value == TagOf(found) && await store.RenameBaseAsync(workspace, id, name, found.Name, http.RequestAborted)
            ? await FindAsync(id, http, store)
            : ErrorResults.From(KnowledgeErrors.Conflict());
    }

    // The name is all of a base that people edit.
    private static string TagOf(KnowledgeBase found) => EntityTags.TagOf(found.Name);

    private static async Task<IResult> DeleteAsync(KnowledgeBaseId id, HttpContext http, [FromServices] IDocumentIntake intake) =>
        (await intake.DeleteBaseAsync(http.GetCaller().Workspace, id, http.GetCaller().User, http.RequestAborted)).Match<IResult>(_ => TypedResults.NoContent(), ErrorResults.From);

    private static async Task<IResult> MoveAsync(KnowledgeBaseId id, WireStore body, HttpContext http, [FromServices] IIndexMoves moves)
    {
        IndexStore? store = body.Store switch { "embedded" => IndexStore.Embedded, "qdrant" => IndexStore.Qdrant, _ => null };
        if (store is null)
        {
            return ErrorResults.From(KnowledgeApiErrors.UnknownChoice("store", body.Store ?? "", "embedded or qdrant"));
        }

        var started = await moves.StartAsync(http.GetCaller().Workspace, id, store.Value, http.GetCaller().User, http.RequestAborted);
        return started.Match<IResult>(placement => TypedResults.Accepted((string?)null, WirePlacement.From(placement)), ErrorResults.From);
    }

    private static string? ReadName(WireBaseName body) => body.Name?.Trim() is { Length: > 0 and <= MaxName } name ? name : null;
}
