using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Web.Features.Chat.Markdown;

namespace MistralStudio.Web.Tests.Chat;

public sealed class AnswerBlocksTests
{
    private const string Answer =
        "# Title\n\nA paragraph with **bold** text.\n\n- one\n- two\n\n```csharp\nvar x = 1;\n\nvar y = 2;\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n> quoted\n\nThe end.";

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(50)]
    public void Update_EndsWithTheMarkupOfTheWholeText_HoweverItArrived(int characters)
    {
        var grown = new AnswerBlocks("Copy");
        for (var length = characters; length < Answer.Length; length += characters)
        {
            grown.Update(Answer[..length], [], isWhole: false);
        }

        grown.Update(Answer, [], isWhole: true);
        var whole = new AnswerBlocks("Copy");
        whole.Update(Answer, [], isWhole: true);
        Assert.Equal(Html(whole), Html(grown));
        Assert.All(grown.Blocks, block => Assert.True(block.IsDone));
    }

    [Fact]
    public void Update_NeverChangesABlockThatIsDone()
    {
        var blocks = new AnswerBlocks("Copy");
        List<string> done = [];
        for (var length = 1; length <= Answer.Length; length++)
        {
            blocks.Update(Answer[..length], [], isWhole: false);
            var now = blocks.Blocks.Where(block => block.IsDone).Select(block => block.Html).ToList();
            Assert.Equal(done, now.Take(done.Count));
            done = now;
        }

        Assert.True(done.Count > 4);
    }

    [Fact]
    public void Update_KeepsCodeInOneBlock_WhileItsFenceIsOpen()
    {
        var blocks = new AnswerBlocks("Copy");
        blocks.Update("```js\nlet a = 1;\n\nlet b = 2;", [], isWhole: false);

        var block = Assert.Single(blocks.Blocks);
        Assert.False(block.IsDone);
        Assert.Contains("let b = 2;", block.Html, StringComparison.Ordinal);
    }

    [Fact]
    public void Update_PutsTheNumberOfACitationBehindItsSentence()
    {
        const string text = "First. Second.";
        var blocks = new AnswerBlocks("Copy");
        blocks.Update(text, [Citation(marker: 1, end: 6), Citation(marker: 2, end: text.Length)], isWhole: true);

        Assert.Matches("First\\.<button[^>]*data-cite=\"1\">1</button> Second\\.<button[^>]*data-cite=\"2\">2</button>", Html(blocks));
    }

    [Fact]
    public void Update_TakesNoMarkFromTheModelItself()
    {
        var blocks = new AnswerBlocks("Copy");
        blocks.Update($"Trust me{AnswerHtml.MarkOpen}1{AnswerHtml.MarkClose}.", [], isWhole: true);

        Assert.DoesNotContain("button", Html(blocks), StringComparison.Ordinal);
        Assert.Contains("Trust me[1].", Html(blocks), StringComparison.Ordinal);
    }

    private static string Html(AnswerBlocks blocks) => string.Concat(blocks.Blocks.Select(block => block.Html.Trim()));

    private static Citation Citation(int marker, int end) =>
        new(marker, new PassageId(Guid.NewGuid()), DocumentId.New(), KnowledgeBaseId.New(), "a.pdf", 1, 0, 5, "quote", true, 0, end);
}
