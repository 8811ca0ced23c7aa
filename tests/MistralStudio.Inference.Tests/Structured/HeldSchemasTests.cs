using System.Text.Json;
using MistralStudio.Inference.Structured;

namespace MistralStudio.Inference.Tests.Structured;

public sealed class HeldSchemasTests
{
    [Theory]
    [InlineData("""{"type":"object","properties":{"a":{"not":{"type":"string"}}}}""", "/properties/a/not", "schema.unsupported_keyword")]
    [InlineData("""{"type":"array","uniqueItems":true}""", "/uniqueItems", "schema.unsupported_keyword")]
    [InlineData("""{"properties":{"a":{"type":"string","format":"colour"}}}""", "/properties/a/format", "schema.unsupported_keyword")]
    [InlineData("""{"oneOf":[{"type":"string"},{"type":"string","minLength":1}]}""", "/oneOf", "schema.unsupported_keyword")]
    [InlineData("""{"type":"string","pattern":"(?=a)"}""", "/pattern", "schema.invalid_pattern")]
    [InlineData("""{"type":"integer","minimum":3,"maximum":2}""", "", "schema.unsatisfiable")]
    public void ASchemaThatCannotBeHeld_NamesTheKeyword(string schema, string pointer, string code)
    {
        var fault = new HeldSchemas().FindFault(JsonElement.Parse(schema))!;
        Assert.Equal((pointer, code), (fault.Pointer, fault.Error.Code));
        Assert.Equal(OutputGrammar.FromJsonSchema(JsonElement.Parse(schema)).Error, fault.Error);
    }

    [Fact]
    public void ASchemaThatCan_HasNoFault() =>
        Assert.Null(new HeldSchemas().FindFault(JsonElement.Parse("""{"type":"object","properties":{"a":{"type":["integer","null"]}},"required":["a"]}""")));
}
