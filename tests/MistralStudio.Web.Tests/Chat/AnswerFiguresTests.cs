using Bunit;
using Microsoft.Extensions.DependencyInjection;
using MistralStudio.Core.Agents;
using MistralStudio.Web.Components;

namespace MistralStudio.Web.Tests.Chat;

public sealed class AnswerFiguresTests : BunitContext
{
    private static readonly TurnTimings s_timings = new(RetrievalMs: 64, QueueMs: 31, PrefillMs: 318, DecodeMs: 913, FirstTokenMs: 413, TotalMs: 1330, TokensPerSecond: 138.4);

    public AnswerFiguresTests()
    {
        Services.AddLogging();
        Services.AddLocalization();
    }

    [Fact]
    public void Numbers_SayTokens_FirstTokenAndSpeed()
    {
        var numbers = Render<AnswerNumbers>(parameters => parameters.Add(n => n.Usage, new TokenUsage(1889, 126)).Add(n => n.Timings, s_timings));

        Assert.Equal(["1,889 in", "126 out", "first token 0.41 s", "138 tok/s"], numbers.FindAll("span").Select(span => span.TextContent));
    }

    [Fact]
    public void Numbers_SayNoSpeed_WhenThereWasButOneToken()
    {
        var numbers = Render<AnswerNumbers>(parameters => parameters.Add(n => n.Usage, new TokenUsage(10, 1)).Add(n => n.Timings, s_timings with { TokensPerSecond = 0 }));

        Assert.DoesNotContain("tok/s", numbers.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public void Ribbon_ShowsEachStepInItsShare_AndSaysItInWords()
    {
        var ribbon = Render<TimingRibbon>(parameters => parameters.Add(r => r.Timings, s_timings));

        Assert.Equal(["r", "q", "p", "d"], ribbon.FindAll(".ribbon > i").Select(step => step.ClassName));
        Assert.Equal("1.33 s: retrieval 64 ms, queue 31 ms, prefill 318 ms, decode 913 ms", ribbon.Find("summary").GetAttribute("aria-label"));
        Assert.Equal(["64 ms", "31 ms", "0.32 s", "0.91 s"], ribbon.FindAll(".waterfall dd.num").Select(step => step.TextContent));
    }

    [Fact]
    public void Ribbon_LeavesOutWhatTookNoTime()
    {
        var ribbon = Render<TimingRibbon>(parameters => parameters.Add(r => r.Timings, s_timings with { RetrievalMs = 0, QueueMs = 0.2 }));

        Assert.Equal(["p", "d"], ribbon.FindAll(".ribbon > i").Select(step => step.ClassName));
    }

    [Fact]
    public void Waterfall_BeginsEachStepWhereTheOneBeforeEnds()
    {
        var ribbon = Render<TimingRibbon>(parameters => parameters.Add(r => r.Timings, s_timings with { RetrievalMs = 0, QueueMs = 0, PrefillMs = 250, DecodeMs = 750 }).Add(r => r.Cached, 1200));

        Assert.Equal(["margin-left:0%;width:25%", "margin-left:25%;width:75%"], ribbon.FindAll(".waterfall i").Select(step => step.GetAttribute("style")));
        Assert.Contains("1,200", ribbon.Find("p").TextContent, StringComparison.Ordinal);
    }
}
