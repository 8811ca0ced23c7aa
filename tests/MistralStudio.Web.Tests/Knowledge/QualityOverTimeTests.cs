using Bunit;
using Microsoft.Extensions.DependencyInjection;
using MistralStudio.Core.Knowledge;
using MistralStudio.Web.Features.Knowledge;

namespace MistralStudio.Web.Tests.Knowledge;

public sealed class QualityOverTimeTests : BunitContext
{
    private static readonly DateTimeOffset s_first = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    public QualityOverTimeTests()
    {
        Services.AddLogging();
        Services.AddLocalization();
    }

    [Fact]
    public void Chart_HasTimeFromLeftToRight_AndBetterAbove()
    {
        var chart = new QualityChart([Run(0, .62, .5), Run(1, .7, .5), Run(4, 1, .8)]);
        Assert.Equal(.4, chart.Least);
        Assert.Equal("36,120.9 181,98 616,12", chart.Line(mean => mean.Recall));
        Assert.Equal((QualityChart.Right, QualityChart.Top), chart.Point(Run(4, 1, .8), mean => mean.Recall));
        Assert.Equal([1, .8, .6, .4], chart.Scale.Select(line => Math.Round(line.Figure, 1)));
        Assert.Equal(QualityChart.Bottom, chart.Scale.Last().Y, 6);
    }

    [Fact]
    public void ADay_IsWrittenOnce_HoweverOftenItWasMeasured()
    {
        var chart = new QualityChart([Run(0, .6, .5), Run(0, .7, .5) with { At = s_first.AddHours(6) }, Run(1, .7, .5)]);
        Assert.Equal([s_first, s_first.AddDays(1)], chart.Days.Select(day => day.At));
    }

    [Fact]
    public void Names_StandApart_WhereTheLinesEndTogether()
    {
        var names = new QualityChart([Run(0, .9, .9), Run(1, .9, .9)]).Names;
        Assert.Equal(14, Math.Abs(names.Recall - names.Ndcg), 6);
    }

    [Fact]
    public void Page_DrawsEachRun_AndMarksWhereTheSettingsChanged()
    {
        var page = Render<QualityOverTime>(parameters => parameters.Add(p => p.Runs, [Run(0, .6, .5), Run(1, .7, .6), Run(2, .8, .7, "b")]));
        Assert.Equal(6, page.FindAll("circle").Count);
        Assert.Single(page.FindAll("line.change"));
        Assert.Contains("Recall went from 0.60 to 0.80, nDCG from 0.50 to 0.70.", page.Find("svg").GetAttribute("aria-label"), StringComparison.Ordinal);
        Assert.Contains("recall@10 0.80", page.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public void Page_SaysThatOnePointIsNoLine()
    {
        var page = Render<QualityOverTime>(parameters => parameters.Add(p => p.Runs, [Run(0, .6, .5)]));
        Assert.Empty(page.FindAll("svg"));
        Assert.Contains("Measured once so far.", page.Markup, StringComparison.Ordinal);
    }

    private static QualityRun Run(int day, double recall, double ndcg, string settings = "a") => new(s_first.AddDays(day), new(20, recall, ndcg, .5, 10), settings);
}
