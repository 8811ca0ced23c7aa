namespace MistralStudio.Core.Schemas.Text;

/// <summary>A regular expression as a tree.</summary>
internal abstract record RegexSyntax
{
    private RegexSyntax()
    {
    }

    /// <summary>One character of a set.</summary>
    public sealed record Chars(CharSet Set) : RegexSyntax;

    /// <summary>One after another; none is the empty text.</summary>
    public sealed record Sequence(IReadOnlyList<RegexSyntax> Parts) : RegexSyntax;

    /// <summary>One of several.</summary>
    public sealed record Alternatives(IReadOnlyList<RegexSyntax> Options) : RegexSyntax;

    /// <param name="Most">Null for any number.</param>
    public sealed record Repeat(RegexSyntax Part, int Least, int? Most) : RegexSyntax;

    /// <summary><c>^</c> or <c>$</c>: the beginning or the end of the whole text.</summary>
    public sealed record Anchor(bool AtEnd) : RegexSyntax;
}
