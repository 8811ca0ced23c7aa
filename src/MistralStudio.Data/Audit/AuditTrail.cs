using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using MistralStudio.Core.Ids;

namespace MistralStudio.Data.Audit;

/// <summary>Writes entries of the audit log into the transaction of the change that they tell of: neither is kept without the other.</summary>
internal static class AuditTrail
{
    /// <summary>Adds the next entry of a workspace; the caller's transaction, begun before, holds off other writers.</summary>
    public static async Task AppendAsync(
        StudioDbContext context,
        WorkspaceId workspace,
        UserId? by,
        string action,
        string subject,
        string detail,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        // Entries of the same change that are not saved yet come before those that are.
        var last = context.AuditEntries.Local.Where(row => row.WorkspaceId == workspace).MaxBy(row => row.Number)
            ?? await context.AuditEntries.AsNoTracking().Where(row => row.WorkspaceId == workspace).OrderByDescending(row => row.Number)
                .FirstOrDefaultAsync(cancellationToken);
        var row = new AuditRow
        {
            WorkspaceId = workspace,
            Number = (last?.Number ?? 0) + 1,
            At = time.GetUtcNow(),
            By = by?.Value,
            Action = action,
            Subject = subject,
            Detail = detail,
            Hash = "",
        };
        row.Hash = HashOf(row, last?.Hash ?? "");
        context.AuditEntries.Add(row);
    }

    /// <summary>SHA-256 over a JSON array of the hash before and every field, lower-case hex.</summary>
    public static string HashOf(AuditRow row, string before)
    {
        var fields = JsonSerializer.Serialize(
            new object?[] { before, row.WorkspaceId.Value, row.Number, row.At.UtcTicks, row.By, row.Action, row.Subject, row.Detail });
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(fields)));
    }
}
