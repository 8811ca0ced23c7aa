using System.Data.Common;

namespace MistralStudio.Data.Postgres;

/// <summary>
/// The tables in which processes that serve one database together find each other, and the statements that
/// <a href="https://learn.microsoft.com/dotnet/orleans/host/configuration-guide/adonet-configuration">Orleans' ADO.NET clustering</a> looks up in
/// <c>OrleansQuery</c> by key. The keys, parameters and columns are Orleans'; the tables and the SQL are ours. A change of membership counts only
/// where nobody changed it since it was read: <c>Version</c> is compared and raised in the same statement. Times have a zone, since the server's may be any.
/// </summary>
internal static class MembershipTables
{
    private const string Tables = """
        CREATE TABLE IF NOT EXISTS cluster_versions (
            DeploymentId text PRIMARY KEY,
            Version integer NOT NULL DEFAULT 0);

        CREATE TABLE IF NOT EXISTS cluster_members (
            DeploymentId text NOT NULL REFERENCES cluster_versions,
            Address text NOT NULL,
            Port integer NOT NULL,
            Generation integer NOT NULL,
            SiloName text NOT NULL,
            HostName text NOT NULL,
            Status integer NOT NULL,
            ProxyPort integer,
            SuspectTimes text,
            StartTime timestamptz NOT NULL,
            IAmAliveTime timestamptz NOT NULL,
            PRIMARY KEY (DeploymentId, Address, Port, Generation));

        CREATE TABLE IF NOT EXISTS OrleansQuery (
            QueryKey text PRIMARY KEY,
            QueryText text NOT NULL);
        """;

    private const string Columns = "v.DeploymentId, m.Address, m.Port, m.Generation, m.SiloName, m.HostName, m.Status, m.ProxyPort, m.SuspectTimes, m.StartTime, m.IAmAliveTime, v.Version";

    private const string Me = "m.DeploymentId = @DeploymentId AND m.Address = @Address AND m.Port = @Port AND m.Generation = @Generation";

    // SiloStatus.Dead
    private const int Dead = 6;

    private static readonly (string Key, string Text)[] s_queries =
    [
        ("MembershipReadAllKey", $"SELECT {Columns} FROM cluster_versions v LEFT JOIN cluster_members m USING (DeploymentId) WHERE v.DeploymentId = @DeploymentId"),
        ("MembershipReadRowKey", $"SELECT {Columns} FROM cluster_versions v LEFT JOIN cluster_members m ON {Me} WHERE v.DeploymentId = @DeploymentId"),
        ("GatewaysQueryKey", "SELECT Address, ProxyPort, Generation FROM cluster_members WHERE DeploymentId = @DeploymentId AND Status = @Status AND ProxyPort > 0"),
        ("InsertMembershipVersionKey", """
            WITH made AS (INSERT INTO cluster_versions (DeploymentId) VALUES (@DeploymentId) ON CONFLICT DO NOTHING RETURNING 1)
            SELECT count(*)::integer FROM made
            """),
        ("InsertMembershipKey", $"""
            WITH turn AS (
                UPDATE cluster_versions SET Version = Version + 1
                WHERE DeploymentId = @DeploymentId AND Version = @Version AND NOT EXISTS (SELECT FROM cluster_members m WHERE {Me})
                RETURNING 1),
            made AS (
                INSERT INTO cluster_members (DeploymentId, Address, Port, Generation, SiloName, HostName, Status, ProxyPort, StartTime, IAmAliveTime)
                SELECT @DeploymentId, @Address, @Port, @Generation, @SiloName, @HostName, @Status, @ProxyPort, @StartTime, @IAmAliveTime FROM turn
                RETURNING 1)
            SELECT count(*)::integer FROM made
            """),
        ("UpdateMembershipKey", $"""
            WITH turn AS (
                UPDATE cluster_versions SET Version = Version + 1
                WHERE DeploymentId = @DeploymentId AND Version = @Version AND EXISTS (SELECT FROM cluster_members m WHERE {Me})
                RETURNING 1),
            changed AS (
                UPDATE cluster_members m SET Status = @Status, SuspectTimes = @SuspectTimes, IAmAliveTime = greatest(m.IAmAliveTime, @IAmAliveTime)
                FROM turn WHERE {Me}
                RETURNING 1)
            SELECT count(*)::integer FROM changed
            """),
        ("UpdateIAmAlivetimeKey", $"UPDATE cluster_members m SET IAmAliveTime = greatest(m.IAmAliveTime, @IAmAliveTime) WHERE {Me}"),
        ("DeleteMembershipTableEntriesKey", """
            DELETE FROM cluster_members WHERE DeploymentId = @DeploymentId;
            DELETE FROM cluster_versions WHERE DeploymentId = @DeploymentId
            """),
        ("CleanupDefunctSiloEntriesKey", $"""
            DELETE FROM cluster_members
            WHERE DeploymentId = @DeploymentId AND Status = {Dead} AND IAmAliveTime < @IAmAliveTime AND StartTime < @IAmAliveTime
            """),
        ("CleanupDefunctSiloEntryKey", $"""
            DELETE FROM cluster_members m
            WHERE {Me} AND Status = {Dead} AND IAmAliveTime = @IAmAliveTime AND StartTime = @StartTime
                AND coalesce(SuspectTimes, '') = coalesce(@SuspectTimes, '')
            """),
    ];

    /// <summary>Makes what is missing, and brings the statements to those of this version.</summary>
    public static async Task CreateAsync(DbConnection connection, CancellationToken cancellationToken)
    {
        await using var tables = connection.CreateCommand();
        tables.CommandText = Tables;
        await tables.ExecuteNonQueryAsync(cancellationToken);
        foreach (var (key, text) in s_queries)
        {
            await using var query = connection.CreateCommand();
            query.CommandText = "INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES (@key, @text) ON CONFLICT (QueryKey) DO UPDATE SET QueryText = @text";
            Add(query, "key", key);
            Add(query, "text", text);
            await query.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    private static void Add(DbCommand command, string name, string value)
    {
        var parameter = command.CreateParameter();
        (parameter.ParameterName, parameter.Value) = (name, value);
        command.Parameters.Add(parameter);
    }
}
