using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;
using MistralStudio.Core;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Security;
using MistralStudio.Retrieval;
using MistralStudio.Web.Features.WorkspaceApi;
using MistralStudio.Web.Security;

namespace MistralStudio.Web.Features.KnowledgeApi;

/// <summary>Documents of a knowledge base; the Knowledge page uploads here as well.</summary>
internal static class DocumentEndpoints
{
    /// <summary>Maps them below a group whose prefix is the knowledge bases'.</summary>
    public static void MapDocuments(this RouteGroupBuilder bases)
    {
        var documents = bases.MapGroup("/{id:guid}/documents");
        documents.MapPost("/", UploadAsync).RequirePermission(Permissions.KnowledgeWrite).WithIdempotency()
            .Accepts<IFormFileCollection>("multipart/form-data").WithSummary("Adds files, in the field `files`; their ingestion starts at once.")
            .Produces<WireUpload>(202).ProducesProblems(404, 409, 413, 422, 507);
        documents.MapGet("/", ListAsync).RequirePermission(Permissions.KnowledgeRead)
            .WithSummary("Documents, newest first.").Produces<WirePage<WireDocument>>().ProducesProblems(404, 422);
        documents.MapGet("/{document:guid}", FindAsync).RequirePermission(Permissions.KnowledgeRead)
            .WithSummary("One document, with the ETag of its metadata.").Produces<WireDocument>().ProducesProblems(404);
        documents.MapDelete("/{document:guid}", DeleteAsync).RequirePermission(Permissions.KnowledgeWrite)
            .WithSummary("Removes a document everywhere.").Produces(204).ProducesProblems(404);
        documents.MapPost("/{document:guid}/cancel", CancelAsync).RequirePermission(Permissions.KnowledgeWrite)
            .WithSummary("Stops an ingestion.").Produces<WireDocument>(202).ProducesProblems(404, 422);
        documents.MapPost("/{document:guid}/retry", RetryAsync).RequirePermission(Permissions.KnowledgeWrite)
            .WithSummary("Starts a failed or cancelled ingestion again.").Produces<WireDocument>(202).ProducesProblems(404, 422);
        documents.MapPut("/{document:guid}/metadata", DescribeAsync).RequirePermission(Permissions.KnowledgeWrite)
            .WithSummary("Replaces a document's metadata, which filters ask for: texts, numbers, true, false, and dates as {\"date\":\"2026-01-31T00:00:00Z\"}. If-Match names the ETag that was read.")
            .Produces<WireDocument>().ProducesProblems(404, 412, 422, 428, 503);
        documents.MapGet("/{document:guid}/text", TextAsync).RequirePermission(Permissions.KnowledgeRead)
            .WithSummary("The extracted text; spans count its UTF-16 units.").Produces<string>(contentType: "text/plain").ProducesProblems(404, 422);
        documents.MapContent();
    }

    private static async Task<IResult> UploadAsync(
        KnowledgeBaseId id, HttpContext http, [FromServices] IKnowledgeStore store, [FromServices] IDocumentIntake intake, IOptions<KnowledgeOptions> options)
    {
        var caller = http.GetCaller();
        if (await store.FindBaseAsync(caller.Workspace, id, http.RequestAborted) is null)
        {
            return ErrorResults.From(KnowledgeErrors.BaseNotFound());
        }

        if (FileBody.Admit(http, options.Value.MaxDocumentBytes, KnowledgeErrors.DocumentTooLarge) is { } refused)
        {
            return ErrorResults.From(refused);
        }

        var upload = await new DocumentUpload(intake).ReadAsync(http.Request, caller.Workspace, id, caller.User, http.RequestAborted);
        return upload.Match<IResult>(taken => TypedResults.Accepted($"/api/knowledge-bases/{id}/documents", taken), ErrorResults.From);
    }

    private static async Task<IResult> ListAsync(KnowledgeBaseId id, HttpContext http, [FromServices] IKnowledgeStore store, string? search, string? after, int? limit)
    {
        var size = PageSize.Read(limit);
        if (!size.IsSuccess)
        {
            return ErrorResults.From(size.Error);
        }

        var workspace = http.GetCaller().Workspace;
        if (await store.FindBaseAsync(workspace, id, http.RequestAborted) is null)
        {
            return ErrorResults.From(KnowledgeErrors.BaseNotFound());
        }

        var page = await store.ListDocumentsAsync(workspace, id, search, after, size.Value, http.RequestAborted);
        return TypedResults.Ok(WirePage<WireDocument>.From(page, WireDocument.From));
    }

    private static async Task<IResult> FindAsync(KnowledgeBaseId id, DocumentId document, HttpContext http, [FromServices] IKnowledgeStore store) =>
        await store.FindDocumentAsync(http.GetCaller().Workspace, id, document, http.RequestAborted) is { } found
            ? Described(found, http)
            : ErrorResults.From(KnowledgeErrors.DocumentNotFound());

    private static async Task<IResult> DescribeAsync(
        KnowledgeBaseId id, DocumentId document, Dictionary<string, MetadataValue> body, HttpContext http, [FromServices] IDocumentMetadata metadata)
    {
        var tag = http.ReadTag();
        if (!tag.IsSuccess)
        {
            return ErrorResults.From(tag.Error);
        }

        return int.TryParse(tag.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var version)
            ? (await metadata.DescribeAsync(http.GetCaller().Workspace, id, document, body, version, http.RequestAborted))
                .Match(found => Described(found, http), ErrorResults.From)
            : ErrorResults.From(KnowledgeErrors.MetadataConflict());
    }

    private static IResult Described(KnowledgeDocument document, HttpContext http)
    {
        http.SetTag(document.MetadataVersion.ToString(CultureInfo.InvariantCulture));
        return TypedResults.Ok(WireDocument.From(document));
    }

    private static async Task<IResult> DeleteAsync(KnowledgeBaseId id, DocumentId document, HttpContext http, [FromServices] IDocumentIntake intake) =>
        (await intake.DeleteAsync(http.GetCaller().Workspace, id, document, http.GetCaller().User, http.RequestAborted)).Match<IResult>(_ => TypedResults.NoContent(), ErrorResults.From);

    private static async Task<IResult> CancelAsync(KnowledgeBaseId id, DocumentId document, HttpContext http, [FromServices] IDocumentIntake intake) =>
        Accepted(await intake.CancelAsync(http.GetCaller().Workspace, id, document, http.RequestAborted));

    private static async Task<IResult> RetryAsync(KnowledgeBaseId id, DocumentId document, HttpContext http, [FromServices] IDocumentIntake intake) =>
        Accepted(await intake.RetryAsync(http.GetCaller().Workspace, id, document, http.RequestAborted));

    private static IResult Accepted(Result<KnowledgeDocument> outcome) =>
        outcome.Match<IResult>(document => TypedResults.Accepted((string?)null, WireDocument.From(document)), ErrorResults.From);

    private static async Task<IResult> TextAsync(KnowledgeBaseId id, DocumentId document, HttpContext http, [FromServices] IKnowledgeStore store)
    {
        var workspace = http.GetCaller().Workspace;
        if (await store.FindDocumentAsync(workspace, id, document, http.RequestAborted) is null)
        {
            return ErrorResults.From(KnowledgeErrors.DocumentNotFound());
        }

        if (await store.ReadTextAsync(workspace, id, document, http.RequestAborted) is not { } extracted)
        {
            return ErrorResults.From(KnowledgeErrors.TextNotReady());
        }

        // Foreign text: shown as text by whatever opens it, never sniffed into a page.
        http.Response.Headers.XContentTypeOptions = "nosniff";
        http.Response.Headers.ContentSecurityPolicy = "default-src 'none'; sandbox";
        return TypedResults.Text(extracted.Text, "text/plain", Encoding.UTF8);
    }
}
