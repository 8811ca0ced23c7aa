using MistralStudio.Core.Knowledge;
using MistralStudio.Retrieval.Splitting;

namespace MistralStudio.Retrieval.Documents.Formats;

/// <summary>Plain text: what the file says, in whatever encoding; blank lines part paragraphs, bullets make items.</summary>
internal sealed class TextParser : IDocumentParser
{
    public ExtractedText Parse(byte[] content, string name, ParseContext context) => Read(TextEncodings.Decode(content));

    /// <summary>Reads a text.</summary>
    public static ExtractedText Read(string text)
    {
        var blocks = new List<TextBlock>();
        int start = -1, end = 0;
        var kind = BlockKind.Paragraph;
        for (var line = 0; line <= text.Length;)
        {
            var next = line < text.Length && text.IndexOf('\n', line) is >= 0 and var at ? at : text.Length;
            var words = Sentences.Trim(text, line, next);
            if (words.Length == 0)
            {
                Close();
            }
            else
            {
                if (Sentences.StartsItem(text.AsSpan(words.Start, words.Length)))
                {
                    Close();
                    kind = BlockKind.ListItem;
                }

                start = start < 0 ? words.Start : start;
                end = words.End;
            }

            line = next + 1;
        }

        Close();
        return new ExtractedText(text, [], []) { Blocks = blocks };

        void Close()
        {
            if (start >= 0)
            {
                blocks.Add(new(kind, start, end, kind == BlockKind.ListItem ? 1 : 0));
            }

            (start, kind) = (-1, BlockKind.Paragraph);
        }
    }
}
