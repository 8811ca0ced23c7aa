using Microsoft.AspNetCore.Mvc;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Prompts;
using MistralStudio.Core.Security;
using MistralStudio.Web.Features.WorkspaceApi;
using MistralStudio.Web.Security;

namespace MistralStudio.Web.Features.PromptsApi;

/// <summary>Labels of a prompt, under <c>/api/prompts/{id}/labels</c>.</summary>
internal static class PromptLabelEndpoints
{
    /// <summary>Maps the endpoints into the group of prompts.</summary>
    public static void MapPromptLabels(this IEndpointRouteBuilder prompts)
    {
        prompts.MapGet("/{id:guid}/labels/{label}", FindAsync).RequirePermission(Permissions.PromptsRead)
            .WithSummary("One label with its ETag.").Produces<WireLabel>().ProducesProblems(404);
        prompts.MapPut("/{id:guid}/labels/{label}", MoveAsync).RequirePermission(Permissions.PromptsPublish)
            .WithSummary("Moves a label to a version, or makes it. If-Match names the ETag that was read; a label that there is not yet needs none. "
                + "Whoever comes second is told who moved it where.")
            .Produces<WireLabel>().ProducesProblems(404, 412, 422);
        prompts.MapDelete("/{id:guid}/labels/{label}", RemoveAsync).RequirePermission(Permissions.PromptsPublish)
            .WithSummary("Takes a label away; refused while an app or a flow follows it. If-Match names the ETag that was read.").Produces(204).ProducesProblems(404, 409, 412, 428);
    }

    private static async Task<IResult> FindAsync(PromptId id, string label, HttpContext http, [FromServices] IPromptStore store) =>
        await store.FindAsync(http.GetCaller().Workspace, id, http.RequestAborted) is { } prompt && prompt.Labels.FirstOrDefault(found => found.Name == label) is { } standing
            ? Tagged(http, standing)
            : ErrorResults.From(PromptStoreErrors.NotFound());

    private static async Task<IResult> MoveAsync(PromptId id, string label, WireLabelMove body, HttpContext http, [FromServices] IPromptStore store)
    {
        var caller = http.GetCaller();
        var revision = http.Request.Headers.IfMatch.Count > 0 ? PromptEndpoints.RevisionOf(http.ReadTag() is { IsSuccess: true } tag ? tag.Value : "") : (long?)null;
        var moved = await store.MoveLabelAsync(caller.Workspace, id, label, body.Version, revision, caller.User!.Value, http.RequestAborted);
        return moved.Match(standing => Tagged(http, standing), ErrorResults.From);
    }

    private static async Task<IResult> RemoveAsync(PromptId id, string label, HttpContext http, [FromServices] IPromptStore store)
    {
        var caller = http.GetCaller();
        var tag = http.ReadTag();
        if (!tag.IsSuccess)
        {
            return ErrorResults.From(tag.Error);
        }

        var removed = await store.RemoveLabelAsync(caller.Workspace, id, label, PromptEndpoints.RevisionOf(tag.Value), caller.User, http.RequestAborted);
        return removed.Match<IResult>(_ => TypedResults.NoContent(), ErrorResults.From);
    }

    private static IResult Tagged(HttpContext http, PromptLabel label)
    {
        http.SetTag(PromptEndpoints.TagOf(label.Revision));
        return TypedResults.Ok(WireLabel.From(label));
    }
}
