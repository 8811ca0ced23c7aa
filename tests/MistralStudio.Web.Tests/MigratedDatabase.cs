using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using MistralStudio.Data;
using MistralStudio.Data.Startup;

namespace MistralStudio.Web.Tests;

/// <summary>An empty <c>studio.db</c>, migrated once for all servers of these tests: the migrations were half of what each start took.</summary>
internal static class MigratedDatabase
{
    private static readonly Lazy<Task<byte[]>> s_file = new(() => Task.Run(MakeAsync));

    /// <summary>Lays it into a data folder that has none yet.</summary>
    public static void Lay(string dataPath) => File.WriteAllBytes(new DataFolder(dataPath).DatabaseFile, s_file.Value.GetAwaiter().GetResult());

    private static async Task<byte[]> MakeAsync()
    {
        var folder = new DataFolder(Directory.CreateTempSubdirectory("studio-empty-").FullName);
        await using (var provider = new ServiceCollection().AddData(folder.Path).BuildServiceProvider())
        {
            Assert.True((await provider.GetRequiredService<DatabaseStartup>().PrepareAsync(CancellationToken.None)).IsSuccess);
        }

        // One file, whatever is still in its log.
        var whole = Path.Combine(folder.Path, "whole.db");
        await using (var connection = new SqliteConnection($"Data Source={folder.DatabaseFile};Pooling=False"))
        {
            await connection.OpenAsync();
            await using var copy = connection.CreateCommand();
            copy.CommandText = "VACUUM INTO $whole;";
            copy.Parameters.AddWithValue("$whole", whole);
            await copy.ExecuteNonQueryAsync();
        }

        var bytes = await File.ReadAllBytesAsync(whole);
        Directory.Delete(folder.Path, recursive: true);
        return bytes;
    }
}
