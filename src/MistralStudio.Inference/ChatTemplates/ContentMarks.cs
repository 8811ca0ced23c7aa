using System.Text;
using MistralStudio.Inference.Tokenization;

namespace MistralStudio.Inference.ChatTemplates;

/// <summary>
/// Keeps text of other people from becoming control tokens. Before a template sees it, a mark is put inside every special token that the text
/// spells, and at its ends where the template's text could complete one; no special token holds the mark, so the only ones left are those that
/// the template wrote. The marks are taken out again before the ordinary text is tokenised, so they change no token. The mark is a
/// noncharacter (U+FDD0 to U+FDEF: never assigned, meant for use inside a program) that the conversation does not hold.
/// </summary>
internal readonly struct ContentMarks
{
    private const char First = '\uFDD0';
    private const char Last = '\uFDEF';

    private readonly SpecialTokens _special;
    private readonly char _mark;

    /// <param name="special">The names that must not come out of a content.</param>
    /// <param name="contents">Every text that will be marked.</param>
    public ContentMarks(SpecialTokens special, IEnumerable<string> contents)
    {
        var used = contents.SelectMany(content => content).Where(c => c is >= First and <= Last).ToHashSet();
        _special = special;
        _mark = First;
        while (_mark < Last && used.Contains(_mark))
        {
            _mark++;
        }
    }

    /// <summary>A text that spells no special token, neither alone nor together with the template's text.</summary>
    public string Protect(string content)
    {
        // Only in a conversation that holds all 32 noncharacters; they mean nothing in a text.
        content = content.Replace(_mark.ToString(), "", StringComparison.Ordinal);
        var marked = new StringBuilder(content.Length + 8);
        var rest = content.AsSpan();
        while (_special.Find(rest) is { } special)
        {
            marked.Append(rest[..(special.Start + 1)]).Append(_mark);
            rest = rest[(special.Start + 1)..];
        }

        marked.Append(rest);
        return _special.CanBeCompleted(content) ? $"{_mark}{marked}{_mark}" : marked.ToString();
    }

    /// <summary>The text without its marks.</summary>
    public string Remove(ReadOnlySpan<char> marked) => marked.ToString().Replace(_mark.ToString(), "", StringComparison.Ordinal);
}
