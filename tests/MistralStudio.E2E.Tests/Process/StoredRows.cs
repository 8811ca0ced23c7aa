using Microsoft.Data.Sqlite;

namespace MistralStudio.E2E.Tests.Process;

/// <summary>What is in the files of a data folder, whether a server runs on it or was killed.</summary>
internal static class StoredRows
{
    /// <summary>The first column of a query.</summary>
    public static List<string> Column(string dataPath, string file, string query)
    {
        using var connection = Open(dataPath, file);
        using var command = connection.CreateCommand();
        command.CommandText = query;
        using var reader = command.ExecuteReader();
        var values = new List<string>();
        while (reader.Read())
        {
            values.Add(reader.GetString(0));
        }

        return values;
    }

    /// <summary>A connection that only looks.</summary>
    public static SqliteConnection Open(string dataPath, string file)
    {
        var connection = new SqliteConnection($"Data Source={Path.Combine(dataPath, file)};Mode=ReadOnly;Pooling=False");
        connection.Open();
        return connection;
    }
}
