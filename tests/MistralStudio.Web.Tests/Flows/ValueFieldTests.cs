using System.Text.Json;
using MistralStudio.Core.Flows;
using MistralStudio.Flows.Definitions;
using MistralStudio.Flows.Imports;
using MistralStudio.Web.Features.Flows;

namespace MistralStudio.Web.Tests.Flows;

public sealed class ValueFieldTests
{
    [Theory]
    [InlineData("text", "  as it is ", "\"  as it is \"")]
    [InlineData("number", "12.5", "12.5")]
    [InlineData("boolean", "true", "true")]
    [InlineData("list<text>", """["a", "b"]""", """["a", "b"]""")]
    [InlineData("json", "null", "null")]
    public void AnInput_IsReadAfterItsType(string type, string typed, string json)
    {
        var field = Of(type, isRequired: true);
        field.Text = typed;
        Assert.Equal(json, field.Read()?.GetRawText());
        Assert.Null(field.Error);
    }

    [Theory]
    [InlineData("number", "twelve", "flow.value_no_number")]
    [InlineData("number", "1e999", "flow.value_no_number")]
    [InlineData("json", "{", "flow.value_no_json")]
    [InlineData("text", "", "flow.value_missing")]
    public void WhatIsNoValue_SaysWhy_AndNothingIsStarted(string type, string typed, string code)
    {
        var field = Of(type, isRequired: true);
        field.Text = typed;
        Assert.Null(ValueField.ReadAll([field]));
        Assert.Equal(code, field.Error?.Code);
    }

    [Fact]
    public void WhatMayBeLeftOut_IsLeftOut()
    {
        var values = ValueField.ReadAll([Of("number", isRequired: false), Of("text", isRequired: false), Of("boolean", isRequired: false)]);
        Assert.Empty(values!);
    }

    [Fact]
    public void AForm_BecomesFieldsAfterItsSchema()
    {
        var fields = ValueField.Of(JsonElement.Parse("""
            {"type":"object","properties":{"order":{"type":"number","title":"Order"},"reason":{"type":["string","null"],"title":"Reason","enum":["late","broken",null]},"sure":{"type":"boolean","title":"sure"}},"required":["order","sure"]}
            """));
        Assert.Equal([("order", FieldKind.Number, true), ("reason", FieldKind.Text, false), ("sure", FieldKind.Boolean, true)], fields.Select(field => (field.Name, field.Kind, field.IsRequired)));
        Assert.Equal(["late", "broken"], fields[1].Choices);
    }

    [Fact]
    public void AFile_IsAFlowOfOurs_OrAnExportWithItsReport_OrSaysWhatIsWrong()
    {
        var own = FlowFile.Read("""{"schema":"mistralstudio.flow/1","nodes":[{"id":"start","type":"start"}]}""", "My flow.json").Value;
        Assert.Equal(("My flow", null), (own.Name, own.Source));

        var foreign = FlowFile.Read(
            """
            app: { mode: workflow, name: Greeting }
            kind: app
            workflow:
              graph:
                nodes:
                  - { id: '1', data: { type: start, title: Start, variables: [ { variable: name, type: text-input, required: true } ] } }
                  - { id: '2', data: { type: unheard-of, title: Odd } }
                edges: []
            """, "greeting.yml").Value;
        Assert.Equal(("Greeting", ImportSource.Dify), (foreign.Name, foreign.Source));
        Assert.Contains(foreign.Report, part => part is { Part: "Odd", Outcome: ImportOutcome.Left });

        Assert.Equal("flow.other_schema", FlowFile.Read("""{"schema":"mistralstudio.flow/9"}""", "a.json").Error?.Code);
        Assert.Equal("flow.unreadable", FlowFile.Read("""{"schema":"mistralstudio.flow/1", "nodes": [""", "a.json").Error?.Code);
        Assert.Equal("import.unknown", FlowFile.Read("""{"some":"thing"}""", "a.json").Error?.Code);
    }

    private static ValueField Of(string type, bool isRequired) => ValueField.Of([new FlowInput("x", PortType.TryParse(type)!) { Required = isRequired }])[0];
}
