using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace MistralStudio.Data;

/// <summary>Tells a full disk from other failures of input and output.</summary>
internal static class DiskSpace
{
    // ERROR_DISK_FULL, ERROR_HANDLE_DISK_FULL on Windows; ENOSPC and EDQUOT arrive as their errno elsewhere.
    private const int WindowsDiskFull = unchecked((int)0x80070070);
    private const int WindowsHandleDiskFull = unchecked((int)0x80070027);
    private const int NoSpace = 28;
    private const int LinuxQuota = 122;
    private const int MacQuota = 69;

    // SQLITE_FULL.
    private const int SqliteFull = 13;

    public static bool IsFull(IOException exception) => OperatingSystem.IsWindows()
        ? exception.HResult is WindowsDiskFull or WindowsHandleDiskFull
        : exception.HResult is NoSpace or LinuxQuota or MacQuota;

    /// <summary>True where files or the database found no more room.</summary>
    public static bool IsFull(Exception exception) => exception switch
    {
        IOException io => IsFull(io),
        SqliteException sqlite => sqlite.SqliteErrorCode == SqliteFull,
        PostgresException postgres => postgres.SqlState == PostgresErrorCodes.DiskFull,
        DbUpdateException { InnerException: { } inner } => IsFull(inner),
        _ => false,
    };
}
