using Markdig;
using Markdig.Extensions.Tables;
using Markdig.Extensions.Yaml;
using Markdig.Syntax;
using MistralStudio.Core.Knowledge;
using MdTable = Markdig.Extensions.Tables.Table;

namespace MistralStudio.Retrieval.Documents.Formats;

/// <summary>Markdown: the text is what the file says, letter for letter; its syntax tells the blocks.</summary>
internal sealed class MarkdownParser : IDocumentParser
{
    private static readonly MarkdownPipeline s_pipeline = new MarkdownPipelineBuilder()
        .UsePipeTables().UseGridTables().UseYamlFrontMatter().UsePreciseSourceLocation().Build();

    public ExtractedText Parse(byte[] content, string name, ParseContext context) => Read(TextEncodings.Decode(content));

    /// <summary>Reads a text.</summary>
    public static ExtractedText Read(string text)
    {
        var blocks = new List<TextBlock>();
        Write(Markdown.Parse(text, s_pipeline), text, item: 0, blocks);
        return new ExtractedText(text, [], []) { Blocks = blocks };
    }

    private static void Write(ContainerBlock parent, string text, int item, List<TextBlock> blocks)
    {
        foreach (var block in parent)
        {
            switch (block)
            {
                case HeadingBlock heading:
                    Add(BlockKind.Heading, block, heading.Level);
                    break;
                case YamlFrontMatterBlock:
                    Add(BlockKind.Code, block, language: "yaml");
                    break;
                case FencedCodeBlock fenced:
                    Add(BlockKind.Code, block, language: fenced.Info is { Length: > 0 } info ? info.ToLowerInvariant() : null);
                    break;
                case CodeBlock:
                    Add(BlockKind.Code, block);
                    break;
                case MdTable table:
                    WriteRows(table);
                    break;
                case ListBlock list:
                    Write(list, text, item + 1, blocks);
                    break;
                case ListItemBlock or QuoteBlock:
                    Write((ContainerBlock)block, text, item, blocks);
                    break;
                case ThematicBreakBlock or LinkReferenceDefinitionGroup or BlankLineBlock:
                    break;
                case ContainerBlock other:
                    Write(other, text, item, blocks);
                    break;
                default:
                    Add(item > 0 ? BlockKind.ListItem : BlockKind.Paragraph, block, item);
                    break;
            }
        }

        void WriteRows(MdTable table)
        {
            foreach (var row in table.OfType<TableRow>())
            {
                Add(row.IsHeader ? BlockKind.TableHeader : BlockKind.TableRow, row);
            }
        }

        void Add(BlockKind kind, Block block, int level = 0, string? language = null)
        {
            var (start, end) = (Math.Max(0, block.Span.Start), Math.Min(text.Length, block.Span.End + 1));
            if (kind == BlockKind.Heading)
            {
                // "## Title ##", or "Title" over a line of dashes.
                var line = text.AsSpan(start, end - start);
                end = line.StartsWith("#") || line.IndexOf('\n') < 0 ? end : start + line.IndexOf('\n');
                while (start < end && text[start] is '#' or ' ' or '\t')
                {
                    start++;
                }

                while (end > start && text[end - 1] is '#' or ' ' or '\t' or '\n')
                {
                    end--;
                }
            }

            else if (kind is BlockKind.TableHeader or BlockKind.TableRow)
            {
                // The bars at both ends belong to the row; where spans begin among them differs by table.
                start = start == 0 ? 0 : text.LastIndexOf('\n', start - 1) + 1;
                end = text.IndexOf('\n', end - 1) is >= 0 and var line ? line : text.Length;
            }

            while (end > start && char.IsWhiteSpace(text[end - 1]))
            {
                end--;
            }

            // Nested syntax can name a span twice; blocks never overlap.
            if (end > start && (blocks.Count == 0 || start >= blocks[^1].End))
            {
                blocks.Add(new(kind, start, end, level, language));
            }
        }
    }
}
