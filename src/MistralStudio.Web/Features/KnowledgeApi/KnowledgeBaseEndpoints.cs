using Microsoft.AspNetCore.Mvc;
using MistralStudio.Core;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Models;
using MistralStudio.Core.Security;
using MistralStudio.Web.Security;

namespace MistralStudio.Web.Features.KnowledgeApi;

/// <summary>Knowledge bases and questions to them, under <c>/api/knowledge-bases</c>.</summary>
public static class KnowledgeBaseEndpoints
{
    private const int MaxPage = 200;
    private const int MaxHits = 100;
    private const int MaxName = 200;

    /// <summary>Maps the endpoints of bases, documents and questions.</summary>
    public static void MapKnowledgeApi(this IEndpointRouteBuilder app)
    {
        var bases = app.MapGroup("/api/knowledge-bases").WithTags("Knowledge").GuardCookies();
        bases.MapPost("/", CreateAsync).RequirePermission(Permissions.KnowledgeWrite).WithIdempotency().WithSummary("Creates a knowledge base.");
        bases.MapGet("/", ListAsync).RequirePermission(Permissions.KnowledgeRead).WithSummary("Knowledge bases, newest first.");
        bases.MapGet("/{id:guid}", FindAsync).RequirePermission(Permissions.KnowledgeRead).WithSummary("One knowledge base.");
        bases.MapPut("/{id:guid}", RenameAsync).RequirePermission(Permissions.KnowledgeWrite).WithSummary("Renames a knowledge base.");
        bases.MapDelete("/{id:guid}", DeleteAsync).RequirePermission(Permissions.KnowledgeWrite).WithSummary("Removes a knowledge base with all its documents.");
        bases.MapPost("/{id:guid}/search", SearchAsync).RequirePermission(Permissions.KnowledgeSearch).WithSummary("Finds passages.");
        bases.MapPost("/{id:guid}/ask", AskEndpoint.AskAsync)
            .RequirePermission(Permissions.KnowledgeSearch).RequirePermission(Permissions.ModelsUse)
            .WithSummary("Answers a question from the documents, as server-sent events: retrieved, delta, done; or error.");
        bases.MapDocuments();
    }

    /// <summary>A page size within bounds; null means the default.</summary>
    internal static Result<int> ReadLimit(int? limit, int usual = 50, int most = MaxPage, string field = "limit") =>
        limit is { } asked && (asked < 1 || asked > most) ? KnowledgeApiErrors.BadLimit(field, asked, most) : limit ?? usual;

    private static async Task<IResult> CreateAsync(WireBaseName body, HttpContext http, [FromServices] IKnowledgeStore store, [FromServices] IModelHost models)
    {
        if (ReadName(body) is not { } name)
        {
            return ErrorResults.From(KnowledgeApiErrors.NameEmpty());
        }

        if (models.List().FirstOrDefault(model => model.Task == ModelTask.Embedding && model.State != ModelState.Failed) is not { } embedder)
        {
            return ErrorResults.From(KnowledgeApiErrors.NoEmbedder());
        }

        var caller = http.GetCaller();
        var created = await store.CreateBaseAsync(caller.Workspace, name, embedder.Id, caller.User, http.RequestAborted);
        return TypedResults.Created($"/api/knowledge-bases/{created.Id}", WireBase.From(created));
    }

    private static async Task<IResult> ListAsync(HttpContext http, [FromServices] IKnowledgeStore store, string? search, string? after, int? limit)
    {
        var size = ReadLimit(limit);
        if (!size.IsSuccess)
        {
            return ErrorResults.From(size.Error);
        }

        var page = await store.ListBasesAsync(http.GetCaller().Workspace, search, after, size.Value, http.RequestAborted);
        return TypedResults.Ok(WirePage<WireBase>.From(page, WireBase.From));
    }

    private static async Task<IResult> FindAsync(KnowledgeBaseId id, HttpContext http, [FromServices] IKnowledgeStore store) =>
        await store.FindBaseAsync(http.GetCaller().Workspace, id, http.RequestAborted) is { } found
            ? TypedResults.Ok(WireBase.From(found))
            : ErrorResults.From(KnowledgeErrors.BaseNotFound());

    private static async Task<IResult> RenameAsync(KnowledgeBaseId id, WireBaseName body, HttpContext http, [FromServices] IKnowledgeStore store)
    {
        if (ReadName(body) is not { } name)
        {
            return ErrorResults.From(KnowledgeApiErrors.NameEmpty());
        }

        return await store.RenameBaseAsync(http.GetCaller().Workspace, id, name, http.RequestAborted)
            ? await FindAsync(id, http, store)
            : ErrorResults.From(KnowledgeErrors.BaseNotFound());
    }

    private static async Task<IResult> DeleteAsync(KnowledgeBaseId id, HttpContext http, [FromServices] IDocumentIntake intake) =>
        (await intake.DeleteBaseAsync(http.GetCaller().Workspace, id, http.RequestAborted)).Match<IResult>(_ => TypedResults.NoContent(), ErrorResults.From);

    private static async Task<IResult> SearchAsync(
        KnowledgeBaseId id, WireSearch body, HttpContext http, [FromServices] IKnowledgeStore store, [FromServices] IKnowledgeSearch search)
    {
        var workspace = http.GetCaller().Workspace;
        if (await store.FindBaseAsync(workspace, id, http.RequestAborted) is null)
        {
            return ErrorResults.From(KnowledgeErrors.BaseNotFound());
        }

        if (string.IsNullOrWhiteSpace(body.Query))
        {
            return ErrorResults.From(KnowledgeErrors.QueryEmpty());
        }

        var mode = body.Mode switch
        {
            null or "hybrid" => SearchMode.Hybrid,
            "dense" => SearchMode.Dense,
            "lexical" => SearchMode.Lexical,
            _ => (SearchMode?)null,
        };
        if (mode is null)
        {
            return ErrorResults.From(KnowledgeApiErrors.UnknownMode(body.Mode!));
        }

        var hits = ReadLimit(body.K, usual: 10, MaxHits, "k");
        if (!hits.IsSuccess)
        {
            return ErrorResults.From(hits.Error);
        }

        var result = await search.SearchAsync(new(workspace, [id], body.Query, hits.Value, mode.Value), http.RequestAborted);
        return result.Match<IResult>(found => TypedResults.Ok(WireHits.From(found.Hits, found.Timings)), ErrorResults.From);
    }

    private static string? ReadName(WireBaseName body) => body.Name?.Trim() is { Length: > 0 and <= MaxName } name ? name : null;
}
