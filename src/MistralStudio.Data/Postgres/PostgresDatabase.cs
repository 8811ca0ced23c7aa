using System.Data.Common;
using Npgsql;

namespace MistralStudio.Data.Postgres;

/// <summary>Which PostgreSQL database takes the place of <c>studio.db</c>.</summary>
public sealed class PostgresDatabase
{
    /// <summary>The setting of the connection string.</summary>
    public const string Setting = "ConnectionStrings:Studio";

    private readonly NpgsqlConnectionStringBuilder _settings;

    /// <param name="connectionString">As Npgsql reads it; see <see cref="Check"/>.</param>
    public PostgresDatabase(string connectionString) => _settings = new NpgsqlConnectionStringBuilder(connectionString);

    /// <summary>A connection of its own, outside the pool.</summary>
    internal async Task<DbConnection> OpenAsync(CancellationToken cancellationToken)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(_settings.ConnectionString) { Pooling = false, KeepAlive = 30 }.ConnectionString);
        try
        {
            await connection.OpenAsync(cancellationToken);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Host and port.</summary>
    public string Server => $"{_settings.Host}:{_settings.Port}";

    /// <summary>The database as people know it, without its password.</summary>
    public string Name => $"{_settings.Database ?? _settings.Username} of the PostgreSQL server {Server}";

    /// <summary>True for a connection string that names a host.</summary>
    public static bool Check(string connectionString)
    {
        try
        {
            return new NpgsqlConnectionStringBuilder(connectionString).Host is { Length: > 0 };
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
