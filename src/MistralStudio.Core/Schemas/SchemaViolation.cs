namespace MistralStudio.Core.Schemas;

/// <summary>One way in which a value does not follow its schema.</summary>
/// <param name="Path">JSON pointer to the value inside the document; empty for the whole.</param>
/// <param name="Keyword">JSON pointer to the keyword inside the schema.</param>
/// <param name="Message">One sentence for a person.</param>
public sealed record SchemaViolation(string Path, string Keyword, string Message)
{
    /// <inheritdoc/>
    public override string ToString() => $"{(Path.Length == 0 ? "/" : Path)}: {Message}";
}
