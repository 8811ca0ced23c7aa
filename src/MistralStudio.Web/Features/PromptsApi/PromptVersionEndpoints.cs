using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Mvc;
using MistralStudio.Core.Blobs;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Images;
using MistralStudio.Core.Prompts;
using MistralStudio.Core.Security;
using MistralStudio.Web.Features.Prompts;
using MistralStudio.Web.Features.Prompts.Imports;
using MistralStudio.Web.Features.WorkspaceApi;
using MistralStudio.Web.Security;

namespace MistralStudio.Web.Features.PromptsApi;

/// <summary>Versions of a prompt, under <c>/api/prompts/{id}/versions</c>.</summary>
internal static class PromptVersionEndpoints
{
    /// <summary>Maps the endpoints into the group of prompts.</summary>
    public static void MapPromptVersions(this IEndpointRouteBuilder prompts)
    {
        prompts.MapPost("/{id:guid}/versions", AddAsync).RequirePermission(Permissions.PromptsWrite).WithIdempotency().WithMetadata(new RequestSizeLimitAttribute(PromptImport.MostBytes))
            .WithSummary("Adds a version, which never changes; a content with the hash of the latest version gives that version again.")
            .Produces<WirePromptVersion>(201).ProducesProblems(404, 409, 413, 422);
        prompts.MapGet("/{id:guid}/versions", ListAsync).RequirePermission(Permissions.PromptsRead)
            .WithSummary("Versions, newest first.").Produces<WirePage<WirePromptVersion>>().ProducesProblems(404, 422);
        prompts.MapGet("/{id:guid}/versions/{number:int}", FindAsync).RequirePermission(Permissions.PromptsRead)
            .WithSummary("One version with its content.").Produces<WirePromptText>().ProducesProblems(404);
        prompts.MapGet("/{id:guid}/versions/{number:int}/export", ExportAsync).RequirePermission(Permissions.PromptsRead)
            .WithSummary("One version as a file that import reads.").Produces<JsonElement>().ProducesProblems(404);
        prompts.MapDelete("/{id:guid}/versions/{number:int}", DeleteAsync).RequirePermission(Permissions.PromptsWrite)
            .WithSummary("Removes a version; refused while something uses it, saying where.").Produces(204).ProducesProblems(404, 409);
        prompts.MapPost("/{id:guid}/versions/{number:int}/restore", RestoreAsync).RequirePermission(Permissions.PromptsWrite).WithIdempotency()
            .WithSummary("Makes a new version of an older one's content.").Produces<WirePromptVersion>(201).ProducesProblems(404, 409, 422);
        prompts.MapPost("/{id:guid}/versions/{number:int}/fork", ForkAsync).RequirePermission(Permissions.PromptsWrite).WithIdempotency()
            .WithSummary("Makes a new prompt of a version.").Produces<WirePrompt>(201).ProducesProblems(404, 409, 422);
        prompts.MapGet("/{id:guid}/diff", DiffAsync).RequirePermission(Permissions.PromptsRead)
            .WithSummary("What differs between two versions: texts line by line, and parameters.").Produces<WirePromptDiff>().ProducesProblems(404);
    }

    private static async Task<IResult> AddAsync(PromptId id, WireNewPromptVersion body, HttpContext http, [FromServices] IPromptStore store)
    {
        var caller = http.GetCaller();
        var content = PromptEndpoints.ReadContent(body.Content);
        return content.IsSuccess
            ? Created(id, await store.AddVersionAsync(caller.Workspace, id, content.Value, body.Message ?? "", parent: null, caller.User!.Value, http.RequestAborted))
            : ErrorResults.From(content.Error);
    }

    private static Task<IResult> ListAsync(PromptId id, HttpContext http, [FromServices] IPromptStore store, string? after, int? limit) =>
        PageSize.AnswerAsync(limit, async size => await store.ListVersionsAsync(http.GetCaller().Workspace, id, after, size, http.RequestAborted), WirePromptVersion.From, PromptStoreErrors.NotFound);

    private static async Task<IResult> FindAsync(PromptId id, int number, HttpContext http, [FromServices] IPromptStore store) =>
        await store.ReadAsync(http.GetCaller().Workspace, id, number, http.RequestAborted) is { } text
            ? TypedResults.Ok(WirePromptText.From(text))
            : ErrorResults.From(PromptStoreErrors.NotFound());

    private static async Task<IResult> ExportAsync(PromptId id, int number, HttpContext http, [FromServices] IPromptStore store, [FromServices] IBlobStore blobs)
    {
        var workspace = http.GetCaller().Workspace;
        if (await store.FindAsync(workspace, id, http.RequestAborted) is not { } prompt || await store.ReadAsync(workspace, id, number, http.RequestAborted) is not { } text)
        {
            return ErrorResults.From(PromptStoreErrors.NotFound());
        }

        var images = await ImageBytes.ReadAsync(blobs, workspace, text.Content.Images, http.RequestAborted);
        return images.Match<IResult>(
            bytes => TypedResults.File(Encoding.UTF8.GetBytes(PromptImport.Export(prompt, text, bytes)), "application/json", $"{prompt.Slug}.v{number}.prompt.json"), ErrorResults.From);
    }

    private static async Task<IResult> DeleteAsync(PromptId id, int number, HttpContext http, [FromServices] IPromptStore store)
    {
        var caller = http.GetCaller();
        var deleted = await store.DeleteVersionAsync(caller.Workspace, id, number, caller.User, http.RequestAborted);
        return deleted.Match<IResult>(_ => TypedResults.NoContent(), ErrorResults.From);
    }

    private static async Task<IResult> RestoreAsync(PromptId id, int number, WirePromptMessage? body, HttpContext http, [FromServices] IPromptStore store)
    {
        var caller = http.GetCaller();
        return Created(id, await store.RestoreAsync(caller.Workspace, id, number, body?.Message ?? $"Version {number} again", caller.User!.Value, http.RequestAborted));
    }

    private static async Task<IResult> ForkAsync(PromptId id, int number, WirePromptForm? body, HttpContext http, [FromServices] IPromptStore store)
    {
        var caller = http.GetCaller();
        if (await store.FindAsync(caller.Workspace, id, http.RequestAborted) is not { } prompt)
        {
            return ErrorResults.From(PromptStoreErrors.NotFound());
        }

        var form = new PromptForm(body?.Name ?? prompt.Form.Name, body?.Folder ?? prompt.Form.Folder, body?.Tags ?? prompt.Form.Tags);
        return PromptEndpoints.Created(http, await store.ForkAsync(caller.Workspace, id, number, form, caller.User!.Value, http.RequestAborted));
    }

    private static async Task<IResult> DiffAsync(PromptId id, int from, int to, HttpContext http, [FromServices] IPromptStore store)
    {
        var workspace = http.GetCaller().Workspace;
        return await store.ReadAsync(workspace, id, from, http.RequestAborted) is { } before && await store.ReadAsync(workspace, id, to, http.RequestAborted) is { } after
            ? TypedResults.Ok(WirePromptDiff.From(PromptDiff.Of(before.Content, after.Content)))
            : ErrorResults.From(PromptStoreErrors.NotFound());
    }

    private static IResult Created(PromptId id, Core.Result<PromptVersion> added) =>
        added.Match<IResult>(version => TypedResults.Created($"/api/prompts/{id}/versions/{version.Number}", WirePromptVersion.From(version)), ErrorResults.From);
}
