using Microsoft.Data.Sqlite;

namespace MistralStudio.Benchmarks;

/// <summary>Makes a conversation long where it lies, each message a copy of one that is there.</summary>
internal static class LongConversation
{
    private const string Words = "of a long conversation, with **bold** words, `code` and a list:\n\n- one\n- two\n\nand a last sentence.";

    public static void Fill(string dataPath, string conversation, int messages)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(dataPath, "studio.db")};Pooling=False");
        connection.Open();
        using var transaction = connection.BeginTransaction();
        var columns = Read(connection, "SELECT name FROM pragma_table_info('Messages')");
        var mine = Read(connection, "SELECT Id FROM Messages WHERE upper(ConversationId) = upper(@c) ORDER BY Ordinal", ("@c", conversation));
        var (question, answer, parent) = (mine[0], mine[1], mine[^1]);
        var copied = columns.Select(column => column switch { "Id" => "@id", "Ordinal" => "@ordinal", "ParentId" => "@parent", "Text" => "@text", _ => $"\"{column}\"" });
        using var insert = connection.CreateCommand();
        insert.CommandText = $"INSERT INTO Messages ({string.Join(", ", columns.Select(column => $"\"{column}\""))}) SELECT {string.Join(", ", copied)} FROM Messages WHERE Id = @from";
        foreach (var name in (string[])["@id", "@ordinal", "@parent", "@text", "@from"])
        {
            insert.Parameters.Add(new SqliteParameter(name, null));
        }

        for (var ordinal = mine.Count; ordinal < messages; ordinal++)
        {
            var id = Guid.CreateVersion7().ToString().ToUpperInvariant();
            object[] values = [id, ordinal, parent, $"message {ordinal} {Words}", ordinal % 2 == 0 ? question : answer];
            for (var i = 0; i < values.Length; i++)
            {
                insert.Parameters[i].Value = values[i];
            }

            insert.ExecuteNonQuery();
            parent = id;
        }

        transaction.Commit();
    }

    private static List<string> Read(SqliteConnection connection, string query, params (string Name, string Value)[] values)
    {
        using var command = connection.CreateCommand();
        command.CommandText = query;
        foreach (var (name, value) in values)
        {
            command.Parameters.AddWithValue(name, value);
        }

        using var reader = command.ExecuteReader();
        var found = new List<string>();
        while (reader.Read())
        {
            found.Add(reader.GetString(0));
        }

        return found;
    }
}
