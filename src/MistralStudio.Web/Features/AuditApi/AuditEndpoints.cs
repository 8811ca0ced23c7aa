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
    /// <summary>Maps the endpoints.</summary>
    public static void MapAuditApi(this IEndpointRouteBuilder app)
    {
        var audit = app.MapGroup("/api/audit").WithTags("Audit").GuardCookies();
        audit.MapGet("/", ListAsync).RequirePermission(Permissions.AuditRead)
            .WithSummary("Changes of rights, secrets and borders, newest first.").Produces<WirePage<WireAuditEntry>>().ProducesProblems(422);
        audit.MapGet("/check", CheckAsync).RequirePermission(Permissions.AuditRead)
            .WithSummary("Whether the chain of hashes holds; otherwise the number of the first entry where it does not.").Produces<WireAuditCheck>().ProducesProblems();
    }

    private static async Task<IResult> ListAsync(HttpContext http, [FromServices] IAuditLog log, string? after, int? limit)
    {
        var size = PageSize.Read(limit);
        return size.IsSuccess
            ? TypedResults.Ok(WirePage<WireAuditEntry>.From(await log.ListAsync(http.GetCaller().Workspace, after, size.Value, http.RequestAborted), WireAuditEntry.From))
            : ErrorResults.From(size.Error);
    }

    private static async Task<IResult> CheckAsync(HttpContext http, [FromServices] IAuditLog log)
    {
        var broken = await log.FindBreakAsync(http.GetCaller().Workspace, http.RequestAborted);
        return TypedResults.Ok(new WireAuditCheck(broken is null, broken));
    }
}

/// <summary>One entry; <c>hash</c> covers it and the hash of the one before.</summary>
internal sealed record WireAuditEntry(long Number, DateTimeOffset At, UserId? By, string Action, string Subject, string Detail, string Hash)
{
    public static WireAuditEntry From(AuditEntry entry) => new(entry.Number, entry.At, entry.By, entry.Action, entry.Subject, entry.Detail, entry.Hash);
}

/// <summary>Whether the log is whole.</summary>
internal sealed record WireAuditCheck(bool IsWhole, long? BrokenAt);
