using System.Globalization;
using Microsoft.AspNetCore.Mvc;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Security;
using MistralStudio.Web.Features.WorkspaceApi;
using MistralStudio.Web.Security;

namespace MistralStudio.Web.Features.KnowledgeApi;

/// <summary>Passages of documents: what they say, who changed that, and whether searches find them.</summary>
internal static class PassageEndpoints
{
    /// <summary>Maps them below a group whose prefix is the knowledge bases'.</summary>
    public static void MapPassages(this RouteGroupBuilder bases)
    {
        bases.MapGet("/{id:guid}/documents/{document:guid}/passages", ListAsync).RequirePermission(Permissions.KnowledgeRead)
            .WithSummary("Passages of a document, in order; `search` narrows them to a word, `mark` to those that are edited, disabled, repeated or have keywords.")
            .Produces<WirePage<WirePassage>>().ProducesProblems(404, 422);
        bases.MapGet("/{id:guid}/passages/{passage:guid}", FindAsync).RequirePermission(Permissions.KnowledgeRead)
            .WithSummary("One passage, with its ETag.").Produces<WirePassage>().ProducesProblems(404);
        bases.MapPut("/{id:guid}/passages/{passage:guid}", ChangeAsync).RequirePermission(Permissions.KnowledgeWrite)
            .WithSummary("Says what a passage is matched and read by (`text`; null for the document's own), whether no search finds it (`disabled`), and by which further words it is found (`keywords`). If-Match names the ETag that was read.")
            .Produces<WirePassage>().ProducesProblems(404, 412, 422, 428);
    }

    private static async Task<IResult> ListAsync(
        KnowledgeBaseId id, DocumentId document, HttpContext http, [FromServices] IKnowledgeStore store, string? search, string? mark, string? after, int? limit)
    {
        var size = PageSize.Read(limit);
        if (!size.IsSuccess)
        {
            return ErrorResults.From(size.Error);
        }

        if (ReadMark(mark) is not { } filter)
        {
            return ErrorResults.From(KnowledgeApiErrors.UnknownChoice("mark", mark!, "edited, disabled, keywords or repeated"));
        }

        var workspace = http.GetCaller().Workspace;
        if (await store.FindDocumentAsync(workspace, id, document, http.RequestAborted) is null)
        {
            return ErrorResults.From(KnowledgeErrors.DocumentNotFound());
        }

        var page = await store.ListPassagesAsync(workspace, id, document, filter with { Search = search }, after, size.Value, http.RequestAborted);
        return TypedResults.Ok(WirePage<WirePassage>.From(page, WirePassage.From));
    }

    private static async Task<IResult> FindAsync(KnowledgeBaseId id, PassageId passage, HttpContext http, [FromServices] IKnowledgeStore store) =>
        await store.FindPassageAsync(http.GetCaller().Workspace, id, passage, http.RequestAborted) is { } found
            ? Found(found, http)
            : ErrorResults.From(KnowledgeErrors.PassageNotFound());

    private static async Task<IResult> ChangeAsync(
        KnowledgeBaseId id, PassageId passage, WirePassageChange body, HttpContext http, [FromServices] IPassageEditor editor)
    {
        var tag = http.ReadTag();
        if (!tag.IsSuccess)
        {
            return ErrorResults.From(tag.Error);
        }

        if (!int.TryParse(tag.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var version))
        {
            return ErrorResults.From(KnowledgeErrors.PassageConflict(null));
        }

        var caller = http.GetCaller();
        var change = new PassageChange(body.Text, body.Disabled, [.. (body.Keywords ?? []).Select(keyword => keyword ?? "")]);
        return (await editor.ChangeAsync(caller.Workspace, id, passage, change, version, caller.User, http.RequestAborted))
            .Match(changed => Found(changed, http), ErrorResults.From);
    }

    private static PassageFilter? ReadMark(string? mark) => mark switch
    {
        null or "" => PassageFilter.None,
        "edited" => new(Mark: PassageMark.Edited),
        "disabled" => new(Mark: PassageMark.Disabled),
        "keywords" => new(Mark: PassageMark.Keywords),
        "repeated" => new(Mark: PassageMark.Repeated),
        _ => null,
    };

    private static IResult Found(Passage passage, HttpContext http)
    {
        http.SetTag((passage.Revision?.Version ?? 0).ToString(CultureInfo.InvariantCulture));
        return TypedResults.Ok(WirePassage.From(passage));
    }
}

/// <summary>The body that changes a passage; what it leaves out is taken back.</summary>
internal sealed record WirePassageChange(string? Text, bool Disabled, IReadOnlyList<string?>? Keywords);
