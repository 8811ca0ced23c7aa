namespace MistralStudio.Core.Knowledge;

/// <summary>The piece of a document around what was found in it: a small piece matches, the larger one is understood.</summary>
/// <param name="Start">First UTF-16 unit in the document's text.</param>
/// <param name="End">One past the last.</param>
/// <param name="Text">What the document says there.</param>
/// <param name="Page">Page on which it starts; null where the format has none.</param>
/// <param name="LastPage">Page on which it ends.</param>
public sealed record ParentPassage(int Start, int End, string Text, int? Page, int? LastPage)
{
    /// <summary>Whether both have a piece of the document in common, where both are of one document.</summary>
    public bool Overlaps(ParentPassage other) => Start < other.End && other.Start < End;

    /// <summary>Whether all of a hit's text, as it was found, is in it, where both are of one document.</summary>
    public bool Holds(SearchHit hit) =>
        Start <= hit.Start && hit.End <= End && Text.AsSpan(hit.Start - Start, hit.End - hit.Start).SequenceEqual(hit.Text);

    /// <summary>Both as one piece; they must overlap.</summary>
    public ParentPassage With(ParentPassage other)
    {
        var (first, second) = Start <= other.Start ? (this, other) : (other, this);
        return second.End <= first.End
            ? first
            : first with { End = second.End, Text = first.Text + second.Text[(first.End - second.Start)..], LastPage = second.LastPage };
    }
}
