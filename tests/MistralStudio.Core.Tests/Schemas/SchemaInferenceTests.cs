using System.Text.Json;
using System.Text.Json.Nodes;
using FsCheck.Xunit;
using MistralStudio.Core.Schemas;

namespace MistralStudio.Core.Tests.Schemas;

public sealed class SchemaInferenceTests
{
    [Theory]
    [InlineData("""{"name":"Ada","age":36}""", """{"type":"object","properties":{"name":{"type":"string"},"age":{"type":"integer"}},"required":["name","age"],"additionalProperties":false}""")]
    [InlineData("[1,2.5]", """{"type":"array","items":{"type":"number"}}""")]
    [InlineData("[1,2]", """{"type":"array","items":{"type":"integer"}}""")]
    [InlineData("[]", """{"type":"array"}""")]
    [InlineData("""["a",null]""", """{"type":"array","items":{"type":["string","null"]}}""")]
    [InlineData("""[{"a":1},{"a":2,"b":true}]""", """{"type":"array","items":{"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"boolean"}},"required":["a"],"additionalProperties":false}}""")]
    [InlineData("true", """{"type":"boolean"}""")]
    public void AnExample_BecomesTheSchemaOfItsForm(string example, string schema) =>
        Assert.Equal(schema, Infer(example).GetRawText());

    [Property(MaxTest = 300)]
    public void WhatASchemaWasMadeOf_FollowsIt(int seed)
    {
        var example = JsonSerializer.SerializeToElement(Value(new Random(seed), 5));
        var schema = SchemaInference.Infer(example).Value;
        Assert.Empty(JsonSchema.Read(schema).Value.Validate(example));
    }

    [Property(MaxTest = 300)]
    public void WhatLacksAMember_DoesNotFollowTheSchemaOfTheWhole(int seed)
    {
        var random = new Random(seed);
        var whole = new JsonObject { ["kept"] = Value(random, 3), ["lost"] = Value(random, 3) };
        var schema = JsonSchema.Read(SchemaInference.Infer(JsonSerializer.SerializeToElement(whole)).Value).Value;
        whole.Remove("lost");
        Assert.NotEmpty(schema.Validate(JsonSerializer.SerializeToElement(whole)));
    }

    [Fact]
    public void HalfACharacter_IsRefused() => Assert.Equal("schema.no_text", SchemaInference.Infer(JsonElement.Parse("""{"\ud83d":1}""")).Error!.Code);

    private static JsonElement Infer(string example) => SchemaInference.Infer(JsonElement.Parse(example)).Value;

    private static JsonNode? Value(Random random, int depth) => random.Next(depth > 0 ? 8 : 6) switch
    {
        0 => null,
        1 => random.Next(2) == 0,
        2 => random.Next(-5, 5),
        3 => random.NextDouble(),
        4 => 2.0e3,
        5 => "é\"/~ 😀"[..random.Next(1, 6)],
        6 => new JsonArray([.. Enumerable.Range(0, random.Next(4)).Select(_ => Value(random, depth - 1))]),
        _ => new JsonObject(Enumerable.Range(0, random.Next(4)).Select(place => KeyValuePair.Create($"{"abc"[random.Next(3)]}/~{place}", Value(random, depth - 1)))),
    };
}
