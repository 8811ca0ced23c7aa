using System.Text.Json;
using FsCheck.Xunit;
using MistralStudio.Core.Schemas;

namespace MistralStudio.Core.Tests.Schemas;

public sealed class JsonPlacesTests
{
    private const string Text = "{\n  \"é😀\": {\"a/b\": [1, {\"x\": true}]},\n  \"type\": \"strung\"\n}";

    [Theory]
    [InlineData("", 1, 1)]
    [InlineData("/é😀", 2, 3)]
    [InlineData("/é😀/a~1b", 2, 11)]
    [InlineData("/é😀/a~1b/0", 2, 19)]
    [InlineData("/é😀/a~1b/1/x", 2, 23)]
    [InlineData("/type", 3, 3)]
    public void APointer_HasItsLineAndColumn(string pointer, int line, int column)
    {
        var place = JsonPlaces.Find(Text, pointer)!.Value;
        Assert.Equal((line, column), (place.Line, place.Column));
        Assert.Equal(place, JsonPlaces.PlaceOf(Text, place.Offset));
    }

    [Theory]
    [InlineData("/nothing")]
    [InlineData("/é😀/a~1b/2")]
    [InlineData("/type/deeper")]
    public void APointerThatLeadsNowhere_HasNone(string pointer) => Assert.Null(JsonPlaces.Find(Text, pointer));

    [Fact]
    public void OfMembersWithOneName_TheLastCounts() => Assert.Equal(9, JsonPlaces.Find("""{"a":1, "a":2}""", "/a")!.Value.Column);

    [Theory]
    [InlineData("{\n  \"é\": tru\n}", 2, 11)]
    [InlineData("{\"a\": 1,\n", 2, 1)]
    [InlineData("", 1, 1)]
    [InlineData("{} x", 1, 4)]
    public void TextThatIsNoJson_SaysWhereItCeasesToBe(string text, int line, int column)
    {
        var (reason, place) = JsonPlaces.FindFault(text)!.Value;
        Assert.Equal((line, column), (place.Line, place.Column));
        Assert.DoesNotContain("BytePosition", reason, StringComparison.Ordinal);
        Assert.NotEmpty(reason);
    }

    [Fact]
    public void Json_HasNoFault() => Assert.Null(JsonPlaces.FindFault(Text));

    [Property(MaxTest = 500)]
    public void AnyText_IsLookedAtWithoutAnAccident(string? text)
    {
        text ??= "";
        if (JsonPlaces.FindFault(text) is { Place: var place })
        {
            Assert.InRange(place.Offset, 0, text.Length);
        }

        JsonPlaces.Find(text, "/a/0");
    }

    [Theory]
    [InlineData("""{"type":"strung"}""", "/type")]
    [InlineData("""{"properties":{"a":{"pattern":"(?=x)"}}}""", "/properties/a/pattern")]
    [InlineData("""{"items":{"minItems":-1}}""", "/items/minItems")]
    [InlineData("""{"allOf":[{"$ref":"#/$defs/none"}]}""", "/allOf/0/$ref")]
    public void AFaultOfASchema_NamesItsKeyword(string schema, string pointer)
    {
        var fault = JsonSchema.FindFault(JsonElement.Parse(schema))!;
        Assert.Equal(pointer, fault.Pointer);
        Assert.Equal(JsonSchema.Read(JsonElement.Parse(schema)).Error, fault.Error);
    }

    [Fact]
    public void AGoodSchema_HasNoFault() => Assert.Null(JsonSchema.FindFault(JsonElement.Parse("""{"type":"object"}""")));
}
