using System.Globalization;
using Microsoft.AspNetCore.Mvc;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Security;
using MistralStudio.Web.Features.WorkspaceApi;
using MistralStudio.Web.Security;

namespace MistralStudio.Web.Features.KnowledgeApi;

/// <summary>Settings of a knowledge base, and what they would make of a document.</summary>
internal static class SettingsEndpoints
{
    /// <summary>Maps them below a group whose prefix is the knowledge bases'.</summary>
    public static void MapSettings(this RouteGroupBuilder bases)
    {
        bases.MapGet("/{id:guid}/settings", ReadAsync).RequirePermission(Permissions.KnowledgeRead)
            .WithSummary("How documents are cut and searched, with the ETag of these settings.").Produces<KnowledgeSettings>().ProducesProblems(404);
        bases.MapPut("/{id:guid}/settings", ChangeAsync).RequirePermission(Permissions.KnowledgeWrite)
            .WithSummary("Replaces the settings; If-Match names the ETag that was read. Documents are cut again where that changes.")
            .Produces<KnowledgeSettings>().ProducesProblems(404, 412, 422, 428);
        bases.MapPost("/{id:guid}/embed-again", EmbedAgainAsync).RequirePermission(Permissions.KnowledgeWrite)
            .WithSummary("Makes the vectors of all documents again, for an embedding model that was replaced under its name. A document is found again when its turn is over.")
            .Produces<WireEmbedAgain>(202).ProducesProblems(404, 503);
        bases.MapPost("/{id:guid}/documents/{document:guid}/split-preview", PreviewAsync).RequirePermission(Permissions.KnowledgeRead)
            .WithSummary("The first passages that a document would be cut into with these settings; nothing is kept.")
            .Produces<WireSplitPreview>().ProducesProblems(404, 422);
    }

    private static async Task<IResult> ReadAsync(KnowledgeBaseId id, HttpContext http, [FromServices] IKnowledgeStore store)
    {
        if (await store.FindBaseAsync(http.GetCaller().Workspace, id, http.RequestAborted) is not { } found)
        {
            return ErrorResults.From(KnowledgeErrors.BaseNotFound());
        }

        http.SetTag(TagOf(found));
        return TypedResults.Ok(found.Settings);
    }

    private static async Task<IResult> ChangeAsync(KnowledgeBaseId id, KnowledgeSettings body, HttpContext http, [FromServices] IKnowledgeSettings settings)
    {
        var tag = http.ReadTag();
        if (!tag.IsSuccess)
        {
            return ErrorResults.From(tag.Error);
        }

        if (!int.TryParse(tag.Value, CultureInfo.InvariantCulture, out var version))
        {
            return ErrorResults.From(KnowledgeErrors.SettingsConflict());
        }

        var changed = await settings.ChangeAsync(http.GetCaller().Workspace, id, body, version, http.RequestAborted);
        if (!changed.IsSuccess)
        {
            return ErrorResults.From(changed.Error);
        }

        http.SetTag(TagOf(changed.Value));
        return TypedResults.Ok(changed.Value.Settings);
    }

    private static async Task<IResult> EmbedAgainAsync(KnowledgeBaseId id, HttpContext http, [FromServices] IKnowledgeSettings settings) =>
        (await settings.EmbedAgainAsync(http.GetCaller().Workspace, id, http.RequestAborted)).Match<IResult>(
            documents => TypedResults.Accepted((string?)null, new WireEmbedAgain(documents)), ErrorResults.From);

    private static async Task<IResult> PreviewAsync(
        KnowledgeBaseId id, DocumentId document, SplittingSettings body, HttpContext http, [FromServices] IKnowledgeSettings settings) =>
        (await settings.PreviewAsync(http.GetCaller().Workspace, id, document, body, http.RequestAborted)).Match<IResult>(
            preview => TypedResults.Ok(new WireSplitPreview([.. preview.Passages.Select(WirePassage.From)], preview.Total, preview.Kept)), ErrorResults.From);

    private static string TagOf(KnowledgeBase found) => found.SettingsVersion.ToString(CultureInfo.InvariantCulture);
}

/// <summary>How many documents are embedded again.</summary>
internal sealed record WireEmbedAgain(int Documents);

/// <summary>What settings would make of a document: its first passages, how many there would be, and how many of them are there already.</summary>
internal sealed record WireSplitPreview(IReadOnlyList<WirePassage> Passages, int Total, int Kept);
