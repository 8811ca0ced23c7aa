using System.Collections;

namespace MistralStudio.Core.Knowledge;

/// <summary>Something about a document that its reader should know, though it was read: "no text on pages 3-7".</summary>
/// <param name="Code">Stable, dotted, lower case.</param>
/// <param name="Message">One sentence.</param>
public sealed record DocumentNote(string Code, string Message);

/// <summary>The notes of one document; equal where they say the same.</summary>
public sealed class DocumentNotes(IReadOnlyList<DocumentNote> notes) : IReadOnlyList<DocumentNote>, IEquatable<DocumentNotes>
{
    /// <inheritdoc/>
    public int Count => notes.Count;

    /// <inheritdoc/>
    public DocumentNote this[int index] => notes[index];

    /// <inheritdoc/>
    public bool Equals(DocumentNotes? other) => other is not null && notes.SequenceEqual(other);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as DocumentNotes);

    /// <inheritdoc/>
    public override int GetHashCode() => notes.Aggregate(0, HashCode.Combine);

    /// <inheritdoc/>
    public IEnumerator<DocumentNote> GetEnumerator() => notes.GetEnumerator();

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
