using MistralStudio.Core.Ids;

namespace MistralStudio.Core.Knowledge;

/// <summary>How a condition compares.</summary>
public enum FilterOperator
{
    /// <summary>Any of the values; a text without regard to case.</summary>
    Is,

    /// <summary>None of the values; a document without the field fits.</summary>
    IsNot,

    /// <summary>Above or equal: a number or a date.</summary>
    AtLeast,

    /// <summary>Below or equal: a number or a date.</summary>
    AtMost,

    /// <summary>The document has the field, whatever its value.</summary>
    Exists,
}

/// <summary>One field of a document's metadata and what it must be; the types must agree.</summary>
/// <param name="Field">
/// Name of a field of the documents, or one that every document has: <c>name</c>, <c>type</c> (its content type), <c>language</c>
/// (<c>english</c>), <c>added</c> (a date), <c>page</c> (a number, of the passage).
/// </param>
public sealed record FieldCondition(string Field, FilterOperator Operator, IReadOnlyList<MetadataValue> Values);

/// <summary>Which passages of the bases a question is about. All conditions must hold.</summary>
/// <param name="Documents">Only these; empty: all.</param>
public sealed record SearchFilter(IReadOnlyList<DocumentId> Documents, IReadOnlyList<FieldCondition> Conditions)
{
    /// <summary>Lets everything through.</summary>
    public static SearchFilter None { get; } = new([], []);

    /// <summary>Whether it lets everything through.</summary>
    public bool IsNone => Documents.Count == 0 && Conditions.Count == 0;
}
