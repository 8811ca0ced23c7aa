using System.Text;
using Bunit;
using Microsoft.Extensions.DependencyInjection;
using MistralStudio.Core.Agents;
using MistralStudio.Core.Models;
using MistralStudio.Web.Features.Chat.Confidence;

namespace MistralStudio.Web.Tests.Chat.Confidence;

public sealed class ConfidenceTests : BunitContext
{
    public ConfidenceTests()
    {
        Services.AddLogging();
        Services.AddLocalization();
        JSInterop.Mode = JSRuntimeMode.Loose;
    }

    [Fact]
    public void TokensThatAreACharacterTogether_BecomeOne_AsSureAsTheLeast()
    {
        var smile = Encoding.UTF8.GetBytes("😀");
        var spans = ConfidenceSpans.Of([Token("Hi"u8, -0.1f), Token(smile.AsSpan(0, 2), -0.2f), Token(smile.AsSpan(2), -2f)], []).ToList();
        Assert.Equal(["Hi", "😀"], spans.Select(span => span.Text));
        Assert.Equal(MathF.Exp(-2), spans[1].Probability, 4);
    }

    [Fact]
    public void ACharacter_MayComeInTwoParts()
    {
        var smile = Encoding.UTF8.GetBytes("😀");
        var pending = new List<TokenLogprob>();
        Assert.Empty(ConfidenceSpans.Of([Token(smile.AsSpan(0, 3), 0)], pending));
        Assert.Equal("😀", Assert.Single(ConfidenceSpans.Of([Token(smile.AsSpan(3), 0)], pending)).Text);
        Assert.Empty(pending);
    }

    [Fact]
    public void BytesThatAreNoText_HoldNobodyUp() =>
        Assert.Equal(2, ConfidenceSpans.Of([Token([0xFF], -1), Token("a"u8, -1)], []).Count());

    [Theory]
    [InlineData(1, 0)]
    [InlineData(.9, 0)]
    [InlineData(.7, 1)]
    [InlineData(.5, 2)]
    [InlineData(.25, 3)]
    [InlineData(0, 4)]
    public void ProbabilitiesHaveFiveSteps(float probability, int step) => Assert.Equal(step, ConfidenceSpans.Step(probability));

    [Fact]
    public void View_ShadesWhatTheModelWasUnsureOf_AndHoldsItsAlternatives()
    {
        var view = Render<ConfidenceText>(set => set.Add(one => one.Tokens,
        [
            new TokenConfidence("It", .99f, []),
            new TokenConfidence(" rains<b>", .3f, [new TokenAlternative(" rains", .3f), new TokenAlternative(" snows", .2f)]),
        ]));

        var tokens = view.FindAll("[data-p]");
        Assert.Equal("It rains<b>", view.Find(".sure > p").TextContent);
        Assert.Empty(view.FindAll(".sure > p b"));
        Assert.Equal([null, "u3"], tokens.Select(token => token.GetAttribute("class")));
        Assert.Equal("␣rains<b>", tokens[1].GetAttribute("data-word"));
        Assert.Contains("␣snows", tokens[1].GetAttribute("data-others"), StringComparison.Ordinal);
        Assert.Equal("0", view.Find(".sure").GetAttribute("tabindex"));
    }

    private static TokenLogprob Token(ReadOnlySpan<byte> bytes, float logprob) => new(1, Encoding.UTF8.GetString(bytes), bytes.ToArray(), logprob, []);
}
