using System.Globalization;
using System.Text;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Web.Features.Chat.Markdown;

/// <summary>One block of an answer as markup.</summary>
/// <param name="IsDone">False for the last block of a text that still grows.</param>
/// <param name="Start">Where it begins in the text with its marks.</param>
public readonly record struct AnswerBlock(string Html, bool IsDone, int Start);

/// <summary>
/// A growing answer as top-level Markdown blocks. A block is done once the next one has begun; done blocks are rendered once, so an update
/// costs what the last block costs, however long the answer is.
/// </summary>
/// <param name="copyWord">What the button of a code block says.</param>
public sealed class AnswerBlocks(string copyWord)
{
    private readonly List<AnswerBlock> _blocks = [];
    private string _source = "";
    private int _doneBlocks;
    private int _doneLength;

    /// <summary>The blocks, first to last.</summary>
    public IReadOnlyList<AnswerBlock> Blocks => _blocks;

    /// <summary>Takes the text as it now is; one that does not begin with the text before starts anew.</summary>
    /// <param name="isWhole">True where nothing follows.</param>
    public void Update(string text, IReadOnlyList<Citation> citations, bool isWhole)
    {
        var source = WithMarks(text, citations);
        if (source.Length < _doneLength || !source.AsSpan(0, _doneLength).SequenceEqual(_source.AsSpan(0, _doneLength)))
        {
            (_doneBlocks, _doneLength) = (0, 0);
        }

        _source = source;
        _blocks.RemoveRange(_doneBlocks, _blocks.Count - _doneBlocks);
        var tail = source[_doneLength..];
        var starts = AnswerHtml.Parse(tail).Select(block => block.Span.Start).Where(start => start >= 0 && start < tail.Length).Order().Distinct().ToList();
        for (var i = 0; i < starts.Count; i++)
        {
            // Where a block starts after the line's first column (an indented list), its line is its beginning.
            starts[i] = tail.LastIndexOf('\n', Math.Max(0, starts[i] - 1)) + 1;
        }

        for (var i = 0; i < starts.Count; i++)
        {
            var isLast = i == starts.Count - 1;
            var piece = tail[starts[i]..(isLast ? tail.Length : starts[i + 1])];
            _blocks.Add(new AnswerBlock(AnswerHtml.Render(piece, copyWord), !isLast || isWhole, _doneLength + starts[i]));
        }

        if (starts.Count > 1)
        {
            _doneLength += starts[^1];
            _doneBlocks = _blocks.Count - 1;
        }
    }

    /// <summary>Puts the numbers of citations behind their sentences.</summary>
    internal static string WithMarks(string text, IReadOnlyList<Citation> citations)
    {
        var source = new StringBuilder(text).Replace(AnswerHtml.MarkOpen, '[').Replace(AnswerHtml.MarkClose, ']');
        foreach (var at in citations.GroupBy(citation => Math.Clamp(citation.AnswerEnd, 0, text.Length)).OrderByDescending(group => group.Key))
        {
            var marks = string.Concat(at.Select(citation => citation.Marker).Distinct().Order()
                .Select(marker => string.Create(CultureInfo.InvariantCulture, $"{AnswerHtml.MarkOpen}{marker}{AnswerHtml.MarkClose}")));
            source.Insert(at.Key, marks);
        }

        return source.ToString();
    }
}
