using System.Text.Json;
using Microsoft.AspNetCore.Mvc;
using MistralStudio.Core.Audit;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Security;
using MistralStudio.Web.Features.WorkspaceApi;
using MistralStudio.Web.Security;

namespace MistralStudio.Web.Features.AuditApi;

/// <summary>The audit log, under <c>/api/audit</c>; nothing changes it.</summary>
public static class AuditEndpoints
{
    private const string Lines = "application/jsonl";

    /// <summary>Maps the endpoints.</summary>
    public static void MapAuditApi(this IEndpointRouteBuilder app)
    {
        var audit = app.MapGroup("/api/audit").WithTags("Audit").GuardCookies();
        audit.MapGet("/", ListAsync).RequirePermission(Permissions.AuditRead)
            .WithSummary("Changes of rights, secrets and borders, newest first.").Produces<WirePage<WireAuditEntry>>().ProducesProblems(422);
        audit.MapGet("/check", CheckAsync).RequirePermission(Permissions.AuditRead)
            .WithSummary("Whether the chain of hashes holds; otherwise the number of the first entry where it does not.").Produces<WireAuditCheck>().ProducesProblems();
        audit.MapGet("/export", ExportAsync).RequirePermission(Permissions.AuditRead)
            .WithSummary("The whole log, oldest first, one entry a line; that it was taken out is its last entry.")
            .WithDescription("hash is SHA-256, in lower-case hex, of the JSON array [hash of the line before or \"\", workspace, number, "
                + "ticks, by or null, action, subject, detail].")
            .Produces<WireAuditEntry>(contentType: Lines).ProducesProblems();
        // The same for the link of a page, which can send no header that names the workspace.
        app.MapGet($"/w/{{{Callers.WorkspaceParameter}}}/settings/audit.jsonl", ExportAsync).RequirePermission(Permissions.AuditRead).ExcludeFromDescription();
    }

    private static async Task<IResult> ListAsync(
        HttpContext http, [FromServices] IAuditLog log, string? search, UserId? by, string? area, DateTimeOffset? since, string? after, int? limit)
    {
        var size = PageSize.Read(limit);
        if (!size.IsSuccess)
        {
            return ErrorResults.From(size.Error);
        }

        var query = new AuditQuery { Search = search ?? "", By = by, Area = area ?? "", Since = since };
        var page = await log.ListAsync(http.GetCaller().Workspace, query, after, size.Value, http.RequestAborted);
        return TypedResults.Ok(WirePage<WireAuditEntry>.From(page, WireAuditEntry.From));
    }

    private static async Task<IResult> CheckAsync(HttpContext http, [FromServices] IAuditLog log)
    {
        var check = await log.CheckAsync(http.GetCaller().Workspace, http.RequestAborted);
        return TypedResults.Ok(new WireAuditCheck(check.BrokenAt is null, check.BrokenAt, check.Entries));
    }

    private static async Task ExportAsync(HttpContext http, [FromServices] IAuditLog log, TimeProvider time)
    {
        var caller = http.GetCaller();
        http.Response.ContentType = $"{Lines}; charset=utf-8";
        http.Response.Headers.ContentDisposition = $"attachment; filename=\"audit-{time.GetUtcNow():yyyy-MM-dd}.jsonl\"";
        http.Response.Headers.CacheControl = "no-store";
        await foreach (var entry in log.ExportAsync(caller.Workspace, caller.User, http.RequestAborted))
        {
            await JsonSerializer.SerializeAsync(http.Response.BodyWriter, WireAuditExport.From(caller.Workspace, entry), JsonSerializerOptions.Web, http.RequestAborted);
            await http.Response.BodyWriter.WriteAsync("\n"u8.ToArray(), http.RequestAborted);
        }
    }
}

/// <summary>One entry; <c>hash</c> covers it and the hash of the one before.</summary>
internal sealed record WireAuditEntry(long Number, DateTimeOffset At, UserId? By, string Action, string Subject, string Detail, string Hash)
{
    public static WireAuditEntry From(AuditEntry entry) => new(entry.Number, entry.At, entry.By, entry.Action, entry.Subject, entry.Detail, entry.Hash);
}

/// <summary>One line of the whole log, with all that its hash is made of.</summary>
internal sealed record WireAuditExport(
    Guid Workspace, long Number, DateTimeOffset At, long Ticks, Guid? By, string Action, string Subject, string Detail, string Hash)
{
    public static WireAuditExport From(WorkspaceId workspace, AuditEntry entry) =>
        new(workspace.Value, entry.Number, entry.At, entry.At.UtcTicks, entry.By?.Value, entry.Action, entry.Subject, entry.Detail, entry.Hash);
}

/// <summary>Whether the log is whole.</summary>
internal sealed record WireAuditCheck(bool IsWhole, long? BrokenAt, long Entries);
