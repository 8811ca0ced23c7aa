using MistralStudio.Core;

namespace MistralStudio.Data.Startup;

/// <summary>What keeps a studio from starting.</summary>
public static class StartupErrors
{
    /// <summary>What a failure to write the data folder means.</summary>
    public static Error Of(Exception exception, string path) => DiskSpace.IsFull(exception) ? DiskFull(path) : NotWritable(path);

    public static Error NotWritable(string path) => new(
        "startup.data_not_writable", $"The data folder {path} cannot be written.", "Give this user the right to write there, or name another folder in Studio:DataPath.");

    public static Error NotShared(string path) => new(
        "startup.shared_not_writable", $"The folder {path}, which all processes share, cannot be written.", "Mount it here, give this user the right to write there, or name another in Cluster:SharedPath.");

    public static Error InOneProcess(string name) => new(
        "startup.base_in_one_process",
        $"The knowledge base \"{name}\" is in the index of one process, where the others cannot search it.",
        "Start one process with Cluster:Enabled=false, move the base to Qdrant (PUT /api/knowledge-bases/{id}/store with {\"store\":\"qdrant\"}), then start the cluster.");

    public static Error DiskFull(string path) => new(
        "startup.disk_full", $"The disk that holds the data folder {path} is full.", "Free some space, or name a folder on another disk in Studio:DataPath.");

    public static Error NewerDatabase(string file, string migration) => new(
        "startup.newer_database",
        $"The database {file} was written by a newer version of MistralStudio ({migration}).",
        "Start that version again, or restore a backup made before the update.");

    public static Error InUse(string file) => new(
        "startup.database_in_use", $"The database {file} is locked by another process.", "Stop the other studio that uses this data folder, or name another in Studio:DataPath.");

    public static Error Served(string path) => new(
        "startup.data_in_use", $"Another studio uses the data folder {path}.", "Stop it, or name another folder in Studio:DataPath.");

    public static Error ServedElsewhere(string database) => new(
        "startup.database_served", $"Another studio serves the database {database}.", "Stop it, name another database in ConnectionStrings:Studio, or set Cluster:Enabled for all that serve this one.");

    public static Error Damaged(string file) => new(
        "startup.database_damaged", $"The file {file} is not a database, or is damaged.", "Restore it from a backup, or move it away to begin anew.");

    public static Error Unusable(string file, string reason) => new(
        "startup.database_unusable", $"The database {file} cannot be used: {reason}.", "Run the command \"doctor\" to see what is wrong.");

    public static Error Unreachable(string server, string reason) => new(
        "startup.database_unreachable", $"The PostgreSQL server {server} does not answer: {reason}.", "Start it, or correct the setting ConnectionStrings:Studio.");

    public static Error Refused(string database, string reason) => new(
        "startup.database_refused", $"The database {database} refuses the studio: {reason}.", "Correct the user and the password in ConnectionStrings:Studio, or let this user in.");

    public static Error Missing(string database) => new(
        "startup.database_missing", $"There is no database {database}.", "Create it (createdb), or name another in ConnectionStrings:Studio.");

    public static Error NoRight(string database, string reason) => new(
        "startup.database_no_right", $"The studio may not make its tables in the database {database}: {reason}.", "Make its user the owner of the database.");
}
