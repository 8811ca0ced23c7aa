using Microsoft.Data.Sqlite;
using MistralStudio.Core;

namespace MistralStudio.Retrieval.Index;

/// <summary>Ready once the index can be read; until its last passages are back after a loss, a search finds what is there.</summary>
internal sealed class IndexReadiness(IndexFile file) : IReadiness
{
    /// <inheritdoc/>
    public string Part => "index";

    /// <inheritdoc/>
    public ValueTask<Error?> CheckAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var connection = file.Connect();
            using var command = connection.CreateCommand();
            command.CommandText = "SELECT 1 FROM documents LIMIT 1;";
            command.ExecuteNonQuery();
            return ValueTask.FromResult<Error?>(null);
        }
        catch (SqliteException exception)
        {
            return ValueTask.FromResult<Error?>(IndexErrors.Unusable(exception.Message.TrimEnd('.')));
        }
    }
}

/// <summary>Expected failures of the index.</summary>
internal static class IndexErrors
{
    public static Error Unusable(string reason) => new(
        "index.unusable", $"The search index cannot be read: {reason}.", "Restart the studio: it makes the index again from the documents.");
}
