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

    /// <summary>Waits until the server has committed so many times to <c>studio.db</c> from now, or has nothing left to commit.</summary>
    /// <param name="isIdle">Whether it has nothing left.</param>
    /// <param name="looksBetween">How often commits are looked for before that is asked again.</param>
    public static async Task CommitsAsync(string dataPath, int commits, TimeSpan patience, Func<bool> isIdle, int looksBetween)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(patience);
        using var connection = Open(dataPath, "studio.db");
        using var version = connection.CreateCommand();
        version.CommandText = "PRAGMA data_version;";
        var seen = (long)version.ExecuteScalar()!;
        for (var looks = 1; commits > 0; looks++)
        {
            await Task.Delay(1, limit.Token);
            var now = (long)version.ExecuteScalar()!;
            commits -= now == seen ? 0 : 1;
            seen = now;
            if (looks % looksBetween == 0 && isIdle())
            {
                return;
            }
        }
    }

    /// <summary>A connection that only looks.</summary>
    public static SqliteConnection Open(string dataPath, string file)
    {
        var connection = new SqliteConnection($"Data Source={Path.Combine(dataPath, file)};Mode=ReadOnly;Pooling=False");
        connection.Open();
        return connection;
    }
}
