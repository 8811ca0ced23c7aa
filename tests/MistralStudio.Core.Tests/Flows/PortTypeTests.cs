using System.Text.Json;
using MistralStudio.Core.Flows;

namespace MistralStudio.Core.Tests.Flows;

public sealed class PortTypeTests
{
    [Theory]
    [InlineData("text", "text", PortFit.Always)]
    [InlineData("number", "text", PortFit.None)]
    [InlineData("passages", "json", PortFit.Always)]
    [InlineData("json", "passages", PortFit.Checked)]
    [InlineData("json", "text", PortFit.Checked)]
    [InlineData("json", "list<text>", PortFit.Checked)]
    [InlineData("list<text>", "list<text>", PortFit.Always)]
    [InlineData("list<text>", "list<json>", PortFit.Always)]
    [InlineData("list<json>", "list<text>", PortFit.Checked)]
    [InlineData("list<text>", "list<number>", PortFit.None)]
    [InlineData("list<text>", "text", PortFit.None)]
    [InlineData("passages", "list<json>", PortFit.Always)]
    [InlineData("messages", "list<text>", PortFit.Checked)]
    [InlineData("list<json>", "passages", PortFit.None)]
    [InlineData("file", "text", PortFit.None)]
    public void Fit_IsOneRule(string from, string to, PortFit fit) =>
        Assert.Equal(fit, PortType.Fit(PortType.TryParse(from)!, PortType.TryParse(to)!));

    [Theory]
    [InlineData("list<list<number>>", true)]
    [InlineData("list<>", false)]
    [InlineData("string", false)]
    [InlineData("list<list<list<list<list<list<list<list<list<text>>>>>>>>>", false)]
    public void Names_AreReadBack(string text, bool isType) => Assert.Equal(isType ? text : null, PortType.TryParse(text)?.ToString());

    [Theory]
    [InlineData("text", "\"a\"", "1")]
    [InlineData("number", "1.5", "\"1.5\"")]
    [InlineData("boolean", "false", "null")]
    [InlineData("list<number>", "[1,2]", "[1,\"2\"]")]
    [InlineData("passages", """[{"text":"a"}]""", """[{"title":"a"}]""")]
    [InlineData("messages", """[{"role":"user","content":"a"}]""", """[{"role":"user"}]""")]
    [InlineData("file", """{"sha256":"00","name":"a.pdf"}""", """{"name":"a.pdf"}""")]
    public void Admits_LooksAtTheValue(string type, string yes, string no)
    {
        Assert.True(PortType.TryParse(type)!.Admits(JsonElement.Parse(yes)));
        Assert.False(PortType.TryParse(type)!.Admits(JsonElement.Parse(no)));
    }

    [Theory]
    [InlineData("text", "\"a\"", "\"a\"")]
    [InlineData("text", "7", "\"7\"")]
    [InlineData("text", "true", "\"true\"")]
    [InlineData("text", "{\"a\":\"é\"}", "\"{\\\"a\\\":\\\"é\\\"}\"")]
    [InlineData("text", "null", null)]
    [InlineData("number", "\"7\"", null)]
    [InlineData("list<text>", "[1]", null)]
    public void Take_MakesATextOfAnything_AndLeavesTheRestAsItIs(string type, string value, string? taken) =>
        Assert.Equal(taken, PortType.TryParse(type)!.Take(JsonElement.Parse(value))?.GetRawText());
}
