using MistralStudio.Core.Knowledge;
using MistralStudio.Web.Features.Knowledge;

namespace MistralStudio.Web.Tests.Knowledge;

public sealed class FilterTextTests
{
    [Fact]
    public void Conditions_AreRead_WithTheirTypes()
    {
        var filter = FilterText.Read("year >= 2022, type = application/pdf|text/html, draft != true, added<=2026-01-31, author").Value;
        Assert.Equal(["year", "type", "draft", "added", "author"], filter.Conditions.Select(condition => condition.Field));
        Assert.Equal(
            [FilterOperator.AtLeast, FilterOperator.Is, FilterOperator.IsNot, FilterOperator.AtMost, FilterOperator.Exists], filter.Conditions.Select(condition => condition.Operator));
        Assert.Equal(
            [MetadataType.Number, MetadataType.Text, MetadataType.Text, MetadataType.Flag, MetadataType.Date],
            filter.Conditions.SelectMany(condition => condition.Values).Select(value => value.Type));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" , ,")]
    public void Nothing_LetsEverythingThrough(string text) => Assert.True(FilterText.Read(text).Value.IsNone);

    [Theory]
    [InlineData("year >")]
    [InlineData("= 3")]
    [InlineData("year >= 1|2")]
    [InlineData("two words")]
    [InlineData("year =")]
    public void WhatIsNoCondition_IsNamed(string text)
    {
        var error = FilterText.Read(text).Error!;
        Assert.Equal("knowledge.filter_unreadable", error.Code);
        Assert.Contains(text, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Snippets_BeginShortlyBeforeTheFirstMatch_AndMarkIt()
    {
        var text = new string('a', 300) + " the issuer pays " + new string('b', 300);
        var pieces = MatchMarks.Snippet(text, [new TextSpan(305, 6)]);
        Assert.Equal("issuer", Assert.Single(pieces, piece => piece.IsMatch).Text);
        Assert.Equal("…", pieces[0].Text);
        Assert.Equal("…", pieces[^1].Text);
        Assert.Equal(text, string.Concat(MatchMarks.Split(text, [new TextSpan(305, 6), new TextSpan(900, 4)]).Select(piece => piece.Text)));
    }
}
