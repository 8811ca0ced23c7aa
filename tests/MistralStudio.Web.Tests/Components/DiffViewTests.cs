using Bunit;
using Microsoft.Extensions.DependencyInjection;
using MistralStudio.Core.Prompts;
using MistralStudio.Web.Components.Diff;

namespace MistralStudio.Web.Tests.Components;

public sealed class DiffViewTests : BunitContext
{
    private static readonly string s_before = string.Concat(Enumerable.Range(1, 20).Select(i => $"line {i}\n"));

    public DiffViewTests()
    {
        Services.AddLogging();
        Services.AddLocalization();
    }

    [Fact]
    public void View_FoldsWhatIsTheSame_AndOpensIt()
    {
        var view = Render<DiffView>(set => set.Add(one => one.Diff, TextDiff.Of(s_before, s_before.Replace("line 10\n", "line ten\n", StringComparison.Ordinal))));

        Assert.Equal("line 10", view.Find(".gone code").TextContent);
        Assert.Equal("ten", view.Find(".come .iw").TextContent);
        Assert.Equal(8, view.FindAll(".ln").Count);
        Assert.Equal(["6 lines are the same", "7 lines are the same"], view.FindAll("button.fold").Select(button => button.TextContent));

        view.Find("button.fold").Click();
        Assert.Equal(14, view.FindAll(".ln").Count);
    }

    [Fact]
    public void View_ShowsBothTextsBesideEachOther()
    {
        var view = Render<DiffView>(set => set.Add(one => one.Diff, TextDiff.Of("a b\nsame\n", "a c\nsame\nmore\n")).Add(one => one.SideBySide, true));

        Assert.Equal(3, view.FindAll(".pair").Count);
        Assert.Equal("a b|a c|same|same||more", string.Join("|", view.FindAll(".half code").Select(code => code.TextContent)));
        Assert.Single(view.FindAll(".half.none"));
    }

    [Fact]
    public void View_LetsAPersonTakeSomeOfTheChanges()
    {
        var toggled = new List<int>();
        var diff = TextDiff.Of("a\n1\nb\n", "A\n1\nB\n");
        var view = Render<DiffView>(set => set.Add(one => one.Diff, diff).Add(one => one.Accepted, new HashSet<int> { 0 }).Add(one => one.OnToggle, toggled.Add));

        Assert.Equal(["Take change 1 of 2", "Take change 2 of 2"], view.FindAll(".take").Select(label => label.TextContent.Trim()));
        Assert.Single(view.FindAll(".left-out"));
        view.FindAll(".take input")[1].Change(true);
        Assert.Equal([1], toggled);
    }

    [Fact]
    public void View_MarksVariables_WhereTheTextsAreTheSame()
    {
        var view = Render<DiffView>(set => set.Add(one => one.Diff, TextDiff.Of("In {{language}}.\nold", "In {{language}}.\nnew")).Add(one => one.Pieces, PromptTemplates.Parts));
        Assert.Equal("{{language}}", Assert.Single(view.FindAll(".var")).TextContent);
        Assert.Equal("In {{language}}.", view.Find(".ln code").TextContent);
    }

    [Fact]
    public void View_SaysThatBothAreTheSame() =>
        Assert.Contains("Both are the same.", Render<DiffView>(set => set.Add(one => one.Diff, TextDiff.Of("a", "a"))).Markup, StringComparison.Ordinal);
}
