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
        var numbers = Render<AnswerNumbers>(parameters => parameters.Add(n => n.Usage, new TokenUsage(1889, 126) { StandIn = "there/large" }).Add(n => n.Timings, s_timings));

        Assert.Equal(["1,889 in", "126 out", "answered by there/large", "first token 0.41 s", "138 tok/s"], numbers.FindAll("span").Select(span => span.TextContent));
    }

    [Fact]
    public void Numbers_SayNoSpeed_WhenThereWasButOneToken()
    {
        var numbers = Render<AnswerNumbers>(parameters => parameters.Add(n => n.Usage, new TokenUsage(10, 1)).Add(n => n.Timings, s_timings with { TokensPerSecond = 0 }));

        Assert.DoesNotContain("tok/s", numbers.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public void Figures_NameNoFirstToken_WhereTheAnswerEndedBeforeOne()
    {
        var none = s_timings with { FirstTokenMs = 1330 };

        Assert.Empty(Render<AnswerNumbers>(parameters => parameters.Add(n => n.Timings, none with { TokensPerSecond = 0 })).FindAll("span"));
        Assert.DoesNotContain("irst token", Render<Waterfall>(parameters => parameters.Add(w => w.Timings, none)).Markup, StringComparison.Ordinal);
    }

    [Fact]
    public void Ribbon_ShowsEachStepInItsShare_AndSaysItInWords()
    {
        var ribbon = Render<TimingRibbon>(parameters => parameters.Add(r => r.Timings, s_timings));

        Assert.Equal(["r", "q", "p", "d"], ribbon.FindAll(".ribbon > i").Select(step => step.ClassName));
        Assert.Equal("1.33 s: retrieval 64 ms, queue 31 ms, prefill 318 ms, decode 913 ms", ribbon.Find("button").GetAttribute("aria-label"));
        Assert.Empty(ribbon.FindAll("dialog"));
    }

    [Fact]
    public void Ribbon_LeavesOutWhatTookNoTime()
    {
        var ribbon = Render<TimingRibbon>(parameters => parameters.Add(r => r.Timings, s_timings with { RetrievalMs = 0, QueueMs = 0.2 }));

        Assert.Equal(["p", "d"], ribbon.FindAll(".ribbon > i").Select(step => step.ClassName));
    }

    [Fact]
    public void Ribbon_OpensTheWaterfall_WithTheSameFigures()
    {
        JSInterop.Mode = JSRuntimeMode.Loose;
        var ribbon = Render<TimingRibbon>(parameters => parameters.Add(r => r.Timings, s_timings).Add(r => r.Usage, new TokenUsage(1000, 126, 860)));

        ribbon.Find("button.timing").Click();

        Assert.Equal(["64 ms", "31 ms", "0.32 s", "0.91 s"], ribbon.FindAll(".wf-row .num").Select(step => step.TextContent));
        var figures = ribbon.Find(".wf-figures").TextContent;
        Assert.Contains("1.33 s", figures, StringComparison.Ordinal);
        Assert.Contains("860 of 1,000 tokens", figures, StringComparison.Ordinal);
        Assert.Contains("\"decodeMs\": 913", ribbon.Find("[data-copy]").GetAttribute("data-copy"), StringComparison.Ordinal);
    }

    [Fact]
    public void Waterfall_BeginsEachStepWhereTheOneBeforeEnds_AndEndsWithTheEvidence()
    {
        var steps = WaterfallStep.Of(s_timings with { QueueMs = 31, TemplateMs = 3, TokenizeMs = 1, EvidenceMs = 6 });

        Assert.Equal(
            [("Retrieval", 0, 64), ("Template", 64, 3), ("Tokenize", 67, 1), ("Queue", 68, 27), ("Prefill", 95, 318), ("Decode", 413, 913), ("Evidence", 1330, 6)],
            steps.Select(step => (step.Name, step.StartMs, step.Ms)));
    }

    [Fact]
    public void Waterfall_SaysThatTheMachineWasShared_OnlyWhereItWas()
    {
        var alone = Render<Waterfall>(parameters => parameters.Add(w => w.Timings, s_timings with { MeanRows = 1 }));
        var shared = Render<Waterfall>(parameters => parameters.Add(w => w.Timings, s_timings with { MeanRows = 2.6 }));

        Assert.Empty(alone.FindAll(".note"));
        Assert.Contains("2.6", shared.Find(".note").TextContent, StringComparison.Ordinal);
    }
}
