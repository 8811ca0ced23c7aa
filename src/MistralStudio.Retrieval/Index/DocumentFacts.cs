using Microsoft.Data.Sqlite;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Retrieval.Words;

namespace MistralStudio.Retrieval.Index;

/// <summary>What the index file knows about documents: what filters ask for.</summary>
internal static class DocumentFacts
{
    /// <summary>Fields that every document has, beside those of its metadata.</summary>
    public static IEnumerable<KeyValuePair<string, MetadataValue>> Of(KnowledgeDocument document, Language language) =>
    [
        .. document.Metadata.Where(field => !IsOwn(field.Key)),
        new("name", MetadataValue.Of(document.Name)),
        new("type", MetadataValue.Of(document.ContentType)),
        new("language", MetadataValue.Of(NameOf(language))),
        new("added", MetadataValue.Of(document.CreatedAt)),
    ];

    /// <summary>A language on the wire.</summary>
    public static string NameOf(Language language) => language.ToString().ToLowerInvariant();

    /// <summary>Writes what is known about a document in place of what was.</summary>
    public static void Write(SqliteConnection connection, SqliteTransaction transaction, KnowledgeDocument document, Language language, int passages)
    {
        Remove(connection, transaction, document.Id);
        using var insert = Command(connection, transaction, "INSERT INTO documents VALUES ($document, $base, $passages, $name, $language);", document.Id);
        insert.Parameters.AddWithValue("$base", EmbeddedIndex.Bytes(document.Base.Value));
        insert.Parameters.AddWithValue("$passages", passages);
        insert.Parameters.AddWithValue("$name", document.Name);
        insert.Parameters.AddWithValue("$language", language.ToString());
        insert.ExecuteNonQuery();
        foreach (var (field, value) in Of(document, language))
        {
            using var fact = Command(connection, transaction, "INSERT INTO facts VALUES ($document, $base, $field, $type, $text, $number);", document.Id);
            fact.Parameters.AddWithValue("$base", EmbeddedIndex.Bytes(document.Base.Value));
            fact.Parameters.AddWithValue("$field", field);
            fact.Parameters.AddWithValue("$type", (int)value.Type);
            fact.Parameters.AddWithValue("$text", value.Text.ToLowerInvariant());
            fact.Parameters.AddWithValue("$number", value.Number);
            fact.ExecuteNonQuery();
        }
    }

    /// <summary>Forgets a document.</summary>
    public static void Remove(SqliteConnection connection, SqliteTransaction transaction, DocumentId document)
    {
        using var delete = Command(
            connection, transaction, "DELETE FROM documents WHERE document = $document; DELETE FROM facts WHERE document = $document;", document);
        delete.ExecuteNonQuery();
    }

    /// <summary>Whether a document has this name and language here, or is not here yet.</summary>
    public static bool AreAs(SqliteConnection connection, SqliteTransaction transaction, KnowledgeDocument document, Language language)
    {
        using var select = Command(connection, transaction, "SELECT name, language FROM documents WHERE document = $document;", document.Id);
        using var reader = select.ExecuteReader();
        return !reader.Read() || (reader.GetString(0) == document.Name && reader.GetString(1) == language.ToString());
    }

    // The product's own field of that name is the one that counts.
    private static bool IsOwn(string field) => field is "name" or "type" or "language" or "added" or "page";

    private static SqliteCommand Command(SqliteConnection connection, SqliteTransaction transaction, string sql, DocumentId document)
    {
        var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = sql;
        command.Parameters.AddWithValue("$document", EmbeddedIndex.Bytes(document.Value));
        return command;
    }
}
