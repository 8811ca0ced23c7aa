using System.Diagnostics;
using System.Text.Json;
using MistralStudio.Core.Flows;
using MistralStudio.Flows.Templates;
using MistralStudio.Tests.Shared;

namespace MistralStudio.Flows.Tests.Templates;

public sealed class HostileTemplateTests
{
    [Theory]
    [InlineData("{% assign x = 'aaaaaaaaaaaaaaaa' %}{% for i in (1..60) %}{% assign x = x | append: x %}{% endfor %}{{ x }}", "template.too_much_text")]
    [InlineData("{% assign x = 'aaaaaaaaaaaaaaaa' %}{% for i in (1..60) %}{% assign x = x | prepend: x %}{% endfor %}{{ x }}", "template.too_much_text")]
    [InlineData("{% assign x = 'aaaaaaaaaaaaaaaa' %}{% for i in (1..60) %}{% assign x = x | replace: 'a', x %}{% endfor %}{{ x }}", "template.too_much_text")]
    [InlineData("{% assign x = 'aaaaaaaaaaaaaaaa' %}{% for i in (1..60) %}{% assign x = x | replace_first: 'a', x %}{% endfor %}{{ x }}", "template.too_much_text")]
    [InlineData("{% capture x %}aaaaaaaaaaaaaaaa{% endcapture %}{% for i in (1..60) %}{% capture x %}{{ x }}{{ x }}{% endcapture %}{% endfor %}", "template.too_much")]
    [InlineData("{% assign x = 'a,a,a,a,a,a,a,a' | split: ',' %}{% for i in (1..60) %}{% assign x = x | concat: x %}{% endfor %}", "template.too_much")]
    [InlineData("{% for i in (1..9999) %}{% for j in (1..9999) %}{% for k in (1..9999) %}{% endfor %}{% endfor %}{% endfor %}", "template.too_much_work")]
    [InlineData("{% for i in (1..9999) %}{{ big }}{% endfor %}", "template.too_much_text")]
    [InlineData("{% for i in (1..9999) %}{% assign y = big | upcase | downcase | escape %}{% endfor %}", "template.too_much_work")]
    [InlineData("{% assign s = big | split: '' %}{% for i in (1..9999) %}{% assign t = s | join: big %}{% endfor %}", "template.too_much")]
    public void ATemplateThatExplodes_IsStopped_Soon(string source, string code)
    {
        var field = LiquidParser.Read(source, FieldSyntax.Template).Value;
        var started = Stopwatch.GetTimestamp();
        var before = GC.GetTotalAllocatedBytes();

        var text = field.Render(new TemplateValues().Set("big", FlowValue.Of(new string('b', 10_000))));

        Assert.True(text.Error?.Code.StartsWith(code, StringComparison.Ordinal), $"{text.Error}");
        Unhurried.Ended(started);
        Assert.True(GC.GetTotalAllocatedBytes() - before < 600_000_000, $"{GC.GetTotalAllocatedBytes() - before:N0}");
    }

    [Theory]
    [InlineData("{% include 'secrets' %}")]
    [InlineData("{% render 'secrets' %}")]
    [InlineData("{% layout 'secrets' %}")]
    public void Files_AreNotThere(string source) => Assert.Equal("template.unreadable", LiquidParser.Read(source, FieldSyntax.Template).Error!.Code);

    [Theory]
    [InlineData("{{ x.GetType }}{{ x.Json }}{{ x.Length }}")]
    [InlineData("{{ x['GetType'] }}")]
    public void NothingOfTheHost_IsReached(string source) =>
        Assert.Equal("", LiquidParser.Read(source, FieldSyntax.Template).Value.Render(new TemplateValues().Set("x", FlowValue.Of(JsonElement.Parse("""{"a":1}""")))).Value);

    [Fact]
    public void AValue_IsNeverReadAsATemplate() =>
        Assert.Equal("{{ secret }}", LiquidParser.Read("{{ x }}", FieldSyntax.Template).Value.Render(new TemplateValues().Set("x", FlowValue.Of("{{ secret }}"))).Value);

    [Theory]
    [InlineData("{{ list | join: '-' }}", "1-2-3")]
    [InlineData("{{ list.size }} {{ list.first }} {{ list.last }} {{ list[1] }} {{ list[-1] }} {{ list | reverse | first }}", "3 1 3 2 3 3")]
    [InlineData("{% for x in list %}{{ x | times: 2 }};{% endfor %}", "2;4;6;")]
    [InlineData("{{ things | map: 'name' | join: ', ' }}", "b, a")]
    [InlineData("{{ things | sort: 'name' | map: 'name' | join: ', ' }}", "a, b")]
    [InlineData("{{ things | where: 'name', 'a' | size }}", "1")]
    [InlineData("{{ things[0].name }} {{ things.first['name'] }} {{ things }}", "b b [{\"name\":\"b\"},{\"name\":\"a\"}]")]
    [InlineData("{{ nothing }}{{ nothing | default: 'none' }}", "none")]
    [InlineData("{{ passages }}", "[1] 10-K, 3\nSales rose.\n\n[2] Letter\nThey fell.")]
    [InlineData("{{ messages }}", "user: Hi\n\nassistant: Hello")]
    [InlineData("{% for pair in object %}{{ pair[0] }}={{ pair[1] }};{% endfor %}", "a=1;b=true;")]
    [InlineData("{{ text }} <b>", "<i> & </i> <b>")]
    public void Values_AreSeenAsLiquidHasThem(string source, string expected)
    {
        var values = new TemplateValues()
            .Set("list", FlowValue.Of(JsonElement.Parse("[1,2,3]")))
            .Set("things", FlowValue.Of(JsonElement.Parse("""[{"name":"b"},{"name":"a"}]""")))
            .Set("passages", FlowValue.Of(JsonElement.Parse("""[{"text":"Sales rose.","document":"10-K","page":3},{"text":"They fell.","document":"Letter","page":null}]""")))
            .Set("messages", FlowValue.Of(JsonElement.Parse("""[{"role":"user","content":"Hi"},{"role":"assistant","content":"Hello"}]""")))
            .Set("object", FlowValue.Of(JsonElement.Parse("""{"a":1,"b":true}""")))
            .Set("number", FlowValue.Of(1.5))
            .Set("text", FlowValue.Of("<i> & </i>"));

        Assert.Equal(expected, LiquidParser.Read(source, FieldSyntax.Template).Value.Render(values).Value);
    }

    [Theory]
    [InlineData("score > 0.5", true)]
    [InlineData("score > 0.5 and text contains \"refund\"", true)]
    [InlineData("text == 'x' or tags contains 'b'", true)]
    [InlineData("missing", false)]
    [InlineData("missing == nil", true)]
    [InlineData("tags.size >= 3", false)]
    [InlineData("(score < 0.5 or score > 0.6) and flag", true)]
    public void Conditions_AreAClosedGrammar(string condition, bool holds)
    {
        var values = new TemplateValues()
            .Set("score", FlowValue.Of(.7)).Set("text", FlowValue.Of("a refund, please")).Set("flag", FlowValue.Of(true))
            .Set("tags", FlowValue.Of(JsonElement.Parse("""["a","b"]""")));

        Assert.Equal(holds, LiquidParser.Read(condition, FieldSyntax.Condition).Value.Holds(values).Value);
    }
}
