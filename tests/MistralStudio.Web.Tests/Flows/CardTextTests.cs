using MistralStudio.Web.Features.Flows.Editor;

namespace MistralStudio.Web.Tests.Flows;

/// <summary>Words on cards are cut to their room.</summary>
public sealed class CardTextTests
{
    [Theory]
    [InlineData("Draft reply", "Draft reply")]
    [InlineData("", "")]
    [InlineData("A title that is far too long for any card", "A title that is fa…")]
    [InlineData("予定表を読んで返事を書く", "予定表を読んで…")]
    [InlineData("ملخص الاستقبال للعيادة", "ملخص الاستق…")]
    [InlineData("😀😀😀😀😀😀😀😀😀", "😀😀😀😀😀😀😀…")]
    public void Text_IsCutWhereItsRoomEnds(string text, string shown) => Assert.Equal(shown, CardText.Fit(text, CardText.TitleBeside, 13));

    [Theory]
    [InlineData("Waiting")]
    [InlineData("Übersprungen")]
    public void AText_HasTheRoomThatItIsSaidToBeWide(string text)
    {
        Assert.Equal(text, CardText.Fit(text, CardText.Width(text, 11) + 0.01, 11));
        Assert.NotEqual(text, CardText.Fit(text, CardText.Width(text, 11) - 0.01, 11));
    }

    [Fact]
    public void NoCut_IsInTheMiddleOfACharacter_OrWiderThanItsRoom()
    {
        for (var width = 1; width < 200; width++)
        {
            var shown = CardText.Fit("a😀b𠮷c mmmm", width, 13);
            Assert.False(shown.Length > 1 && char.IsHighSurrogate(shown[^2]));
        }
    }
}
