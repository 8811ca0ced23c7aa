using MistralStudio.Core.Knowledge;

namespace MistralStudio.Core.Tests.Knowledge;

public sealed class SectionPathsTests
{
    [Fact]
    public void Paths_FollowTheLevels_AndAHeadingAloneBeginsNoStretch()
    {
        const string Text = "intro\n\nPart I\n\nOne\n\nfirst\n\nTwo\n\nsecond\n\nPart II\n\nlast";
        var text = new ExtractedText(Text, [], [])
        {
            Blocks = [Block("intro"), Block("Part I", 1), Block("One", 2), Block("first"), Block("Two", 2), Block("second"), Block("Part II", 1), Block("last")],
        };

        var sections = SectionPaths.Find(text);

        Assert.Equal([null, "Part I › One", "Part I › Two", "Part II"], sections.Select(section => section.Path));
        Assert.Equal(Text, string.Concat(sections.Select(section => Text[section.Start..section.End])));
        Assert.StartsWith("Part I\n\nOne", Text[sections[1].Start..sections[1].End], StringComparison.Ordinal);

        TextBlock Block(string words, int level = 0)
        {
            var start = Text.IndexOf(words, StringComparison.Ordinal);
            return new(level > 0 ? BlockKind.Heading : BlockKind.Paragraph, start, start + words.Length, level);
        }
    }
}
