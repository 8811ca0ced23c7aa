using System.Net.Mime;
using Microsoft.AspNetCore.Mvc;
using MistralStudio.Core.Blobs;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Security;
using MistralStudio.Web.Security;

namespace MistralStudio.Web.Features.KnowledgeApi;

/// <summary>The file itself, as it was added: to keep, never to be opened as a page of this address.</summary>
internal static class DocumentContentEndpoint
{
    /// <summary>Maps it below a group whose prefix is the documents of a base.</summary>
    public static void MapContent(this RouteGroupBuilder documents) =>
        documents.MapGet("/{document:guid}/content", ReadAsync).RequirePermission(Permissions.KnowledgeRead)
            .WithSummary("The file as it was added; ranges are served.").Produces<byte[]>(contentType: MediaTypeNames.Application.Octet).ProducesProblems(404);

    private static async Task<IResult> ReadAsync(
        KnowledgeBaseId id, DocumentId document, HttpContext http, [FromServices] IKnowledgeStore store, [FromServices] IBlobStore blobs)
    {
        var (workspace, reader, _) = http.GetCaller();
        // A file of a conversation is served to its owner, who opens what an answer cites.
        if (await store.FindDocumentAsync(KnowledgeAccess.Of(workspace, reader), id, document, http.RequestAborted) is not { } found
            || await blobs.OpenAsync(workspace, found.Sha256, http.RequestAborted) is not { } content)
        {
            return ErrorResults.From(KnowledgeErrors.DocumentNotFound());
        }

        // Foreign bytes: whatever they are, no browser runs them here. The name makes it an attachment.
        http.Response.Headers.XContentTypeOptions = "nosniff";
        http.Response.Headers.ContentSecurityPolicy = "default-src 'none'; sandbox";
        http.Response.Headers.CacheControl = "private, no-store";
        return TypedResults.Stream(content, MediaTypeNames.Application.Octet, found.Name, enableRangeProcessing: true);
    }
}
