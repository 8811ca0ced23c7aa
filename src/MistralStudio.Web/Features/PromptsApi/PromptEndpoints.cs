using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Mvc;
using MistralStudio.Core;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Models;
using MistralStudio.Core.Prompts;
using MistralStudio.Core.Security;
using MistralStudio.Web.Features.FlowsApi;
using MistralStudio.Web.Features.Prompts.Imports;
using MistralStudio.Web.Features.WorkspaceApi;
using MistralStudio.Web.Security;

namespace MistralStudio.Web.Features.PromptsApi;

/// <summary>Prompts, under <c>/api/prompts</c>.</summary>
public static class PromptEndpoints
{
    /// <summary>Maps the endpoints.</summary>
    public static void MapPromptsApi(this IEndpointRouteBuilder app)
    {
        var prompts = app.MapGroup("/api/prompts").WithTags("Prompts").GuardCookies();
        prompts.MapPost("/", CreateAsync).RequirePermission(Permissions.PromptsWrite).WithIdempotency().WithMetadata(new RequestSizeLimitAttribute(PromptImport.MostBytes))
            .WithSummary("Creates a prompt with its first version.").Produces<WirePrompt>(201).ProducesProblems(409, 413, 422);
        prompts.MapGet("/", ListAsync).RequirePermission(Permissions.PromptsRead)
            .WithSummary("Prompts, most recently changed first: searched in names, tags and texts, by folder, tag and label.").Produces<WirePage<WirePrompt>>().ProducesProblems(422);
        prompts.MapGet("/shelves", ShelvesAsync).RequirePermission(Permissions.PromptsRead)
            .WithSummary("Folders, tags and labels that there are, with counts.").Produces<PromptShelves>().ProducesProblems();
        prompts.MapPost("/import", ImportAsync).RequirePermission(Permissions.PromptsWrite).WithIdempotency().WithMetadata(new RequestSizeLimitAttribute(PromptImport.MostBytes))
            .WithSummary("Makes a prompt of a curl command, a request in OpenAI's, Mistral's or Anthropic's format, an exported prompt or plain text.")
            .Produces<WireImportedPrompt>(201).Produces<WireImportedPrompt>().ProducesProblems(409, 413, 422);
        prompts.MapGet("/{id:guid}", FindAsync).RequirePermission(Permissions.PromptsRead)
            .WithSummary("One prompt with its labels and its ETag.").Produces<WirePrompt>().ProducesProblems(404);
        prompts.MapPut("/{id:guid}", SaveAsync).RequirePermission(Permissions.PromptsWrite)
            .WithSummary("Changes name, folder, tags or archive; the slug stays. If-Match names the ETag that was read.").Produces<WirePrompt>().ProducesProblems(404, 412, 422, 428);
        prompts.MapDelete("/{id:guid}", DeleteAsync).RequirePermission(Permissions.PromptsWrite)
            .WithSummary("Removes a prompt with its versions; refused while something uses it, saying where.").Produces(204).ProducesProblems(404, 409);
        prompts.MapGet("/{id:guid}/usage", UsageAsync).RequirePermission(Permissions.PromptsRead)
            .WithSummary("Where it is used: apps, flows, knowledge bases, connections, and calls of the last 30 days by version, name and key.").Produces<WirePromptUsage>().ProducesProblems(404);
        prompts.MapPromptVersions();
        prompts.MapPromptLabels();
    }

    private static async Task<IResult> CreateAsync(WireNewPrompt body, HttpContext http, [FromServices] IPromptStore store)
    {
        var caller = http.GetCaller();
        var content = ReadContent(body.Content);
        if (!content.IsSuccess)
        {
            return ErrorResults.From(content.Error);
        }

        var form = new PromptForm(body.Name ?? "", body.Folder ?? "", body.Tags ?? []);
        return Created(http, await store.CreateAsync(caller.Workspace, form, content.Value, body.Message ?? "", caller.User!.Value, http.RequestAborted));
    }

    private static Task<IResult> ListAsync(
        HttpContext http, [FromServices] IPromptStore store, string? search, string? folder, string? tag, string? label, bool? archived, string? after, int? limit) =>
        PageSize.AnswerAsync(limit, async size => await store.ListAsync(http.GetCaller().Workspace, new PromptFilter(search, folder, tag, label, archived is true), after, size, http.RequestAborted), WirePrompt.From);

    private static async Task<IResult> ShelvesAsync(HttpContext http, [FromServices] IPromptStore store) =>
        TypedResults.Ok(await store.ListShelvesAsync(http.GetCaller().Workspace, http.RequestAborted));

    private static async Task<IResult> ImportAsync(WirePromptImport body, HttpContext http, [FromServices] IPromptStore store, [FromServices] IModelRouter router)
    {
        var caller = http.GetCaller();
        var read = PromptImport.Read(body.Text ?? "", body.FileName, await router.ListAsync(caller.Workspace, http.RequestAborted));
        if (!read.IsSuccess)
        {
            return ErrorResults.From(read.Error);
        }

        var (form, content, message, notes) = read.Value;
        form = form with { Name = body.Name ?? form.Name, Folder = body.Folder ?? form.Folder };
        var json = WireJson.Parse(PromptJson.Write(content));
        if (!body.Keep)
        {
            return TypedResults.Ok(new WireImportedPrompt(null, form.Name, json, notes));
        }

        var created = await store.CreateAsync(caller.Workspace, form, content, message, caller.User!.Value, http.RequestAborted);
        return created.Match<IResult>(
            prompt => TypedResults.Created($"/api/prompts/{prompt.Id}", new WireImportedPrompt(WirePrompt.From(prompt), prompt.Form.Name, json, notes)), ErrorResults.From);
    }

    private static async Task<IResult> FindAsync(PromptId id, HttpContext http, [FromServices] IPromptStore store) =>
        await store.FindAsync(http.GetCaller().Workspace, id, http.RequestAborted) is { } prompt ? Tagged(http, prompt) : ErrorResults.From(PromptStoreErrors.NotFound());

    private static async Task<IResult> SaveAsync(PromptId id, WirePromptForm body, HttpContext http, [FromServices] IPromptStore store)
    {
        var workspace = http.GetCaller().Workspace;
        if (await store.FindAsync(workspace, id, http.RequestAborted) is not { } prompt)
        {
            return ErrorResults.From(PromptStoreErrors.NotFound());
        }

        var tag = http.ReadTag();
        if (!tag.IsSuccess)
        {
            return ErrorResults.From(tag.Error);
        }

        var now = prompt.Form;
        var form = new PromptForm(body.Name ?? now.Name, body.Folder ?? now.Folder, body.Tags ?? now.Tags, body.Archived ?? now.IsArchived);
        var saved = await store.SaveFormAsync(workspace, id, RevisionOf(tag.Value), form, http.RequestAborted);
        return saved.Match(value => Tagged(http, value), ErrorResults.From);
    }

    private static async Task<IResult> DeleteAsync(PromptId id, HttpContext http, [FromServices] IPromptStore store)
    {
        var caller = http.GetCaller();
        var deleted = await store.DeleteAsync(caller.Workspace, id, caller.User, http.RequestAborted);
        return deleted.Match<IResult>(_ => TypedResults.NoContent(), ErrorResults.From);
    }

    private static async Task<IResult> UsageAsync(PromptId id, HttpContext http, [FromServices] IPromptStore store, [FromServices] IPromptUses uses)
    {
        var workspace = http.GetCaller().Workspace;
        if (await store.FindAsync(workspace, id, http.RequestAborted) is not { } prompt)
        {
            return ErrorResults.From(PromptStoreErrors.NotFound());
        }

        var places = await uses.ListAsync(workspace, prompt.Slug, http.RequestAborted);
        var calls = await uses.ListCallsAsync(workspace, id, http.RequestAborted);
        return TypedResults.Ok(new WirePromptUsage([.. places.Select(WirePromptUse.From)], [.. calls.Select(WirePromptCalls.From)]));
    }

    /// <summary>A prompt that was created, with its ETag.</summary>
    internal static IResult Created(HttpContext http, Result<Prompt> created)
    {
        if (!created.IsSuccess)
        {
            return ErrorResults.From(created.Error);
        }

        http.SetTag(TagOf(created.Value.Revision));
        return TypedResults.Created($"/api/prompts/{created.Value.Id}", WirePrompt.From(created.Value));
    }

    /// <summary>A content as it was sent.</summary>
    internal static Result<PromptContent> ReadContent(JsonElement? content) =>
        content is { ValueKind: not JsonValueKind.Undefined } sent ? PromptJson.ReadHostile(sent) : PromptErrors.Unreadable("there is no content");

    /// <summary>The tag of a revision.</summary>
    internal static string TagOf(long revision) => revision.ToString(CultureInfo.InvariantCulture);

    /// <summary>The revision of a tag; a tag that no state ever had matches none.</summary>
    internal static long RevisionOf(string tag) => long.TryParse(tag, CultureInfo.InvariantCulture, out var revision) ? revision : -1;

    private static IResult Tagged(HttpContext http, Prompt prompt)
    {
        http.SetTag(TagOf(prompt.Revision));
        return TypedResults.Ok(WirePrompt.From(prompt));
    }
}
