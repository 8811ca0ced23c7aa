using System.Text.Json;
using FsCheck.Xunit;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Prompts;

namespace MistralStudio.Core.Tests.Prompts;

public sealed class PromptTemplatesTests
{
    private static readonly string[] s_pieces = ["{{", "{", "}}", "}", "{{a}}", "{{ b-1 }}", "{{{{", "{{é}}", "{{1}}", "{{a b}}", "a", " ", "\n", "😀", "$1", "\\", "{{\n}}", "\ud800"];

    [Theory]
    [InlineData("Hello {{name}}, {{ city }}: {{name}}", "name,city")]
    [InlineData("{{{name}}} and {\"a\":{{x}}}", "name,x")]
    [InlineData("{{{{name}} {{1a}} {{a b}} {{}} {{a\n}}", "")]
    [InlineData("{{größe_2-x}}", "größe_2-x")]
    [InlineData("{{a.b}} {{#if a}} {{a|upper}}", "")]
    [InlineData("nothing", "")]
    public void Names_AreThoseBetweenBraces_InOrder(string text, string names) => Assert.Equal(names, string.Join(",", PromptTemplates.Names(text)));

    [Theory]
    [InlineData("{{{{name}}", "{{name}}")]
    [InlineData("{{{name}}}", "{Ann}")]
    [InlineData("{{{{{name}}", "{{{name}}")]
    [InlineData("{{ name }} {{other}}", "Ann {{other}}")]
    public void Fill_PutsValuesInTheirPlaces(string text, string filled) =>
        Assert.Equal(filled, PromptTemplates.Fill(text, new Dictionary<string, string> { ["name"] = "Ann" }));

    [Property(MaxTest = 500)]
    public bool AnEscapedText_ComesBackAsItWas_WhateverItHolds(int seed)
    {
        var text = Mix(seed);
        return PromptTemplates.Fill(PromptTemplates.Escape(text), new Dictionary<string, string> { ["a"] = "x", ["b-1"] = "y", ["é"] = "z" }) == text;
    }

    [Property(MaxTest = 500)]
    public void AValue_IsPutInAsItIs_AndNeverLookedAtAgain(int seed)
    {
        var value = Mix(seed);
        var content = PromptContent.Empty with { Messages = [new(MessageRole.System, "<{{a}}|{{ b }}>"), new(MessageRole.User, "{{a}}")] };

        var filled = PromptTemplates.Fill(content, new Dictionary<string, string> { ["a"] = value, ["b"] = "{{a}}" }).Value;

        Assert.Equal([$"<{value}|{{{{a}}}}>", value], filled.Select(message => message.Text));
        Assert.Equal([MessageRole.System, MessageRole.User], filled.Select(message => message.Role));
    }

    [Property(MaxTest = 500)]
    public void ATextWithoutItsNames_HasNone(int seed)
    {
        var text = Mix(seed);
        var names = PromptTemplates.Names(text);

        Assert.All(names, name => Assert.True(PromptTemplates.IsName(name)));
        Assert.Empty(PromptTemplates.Names(PromptTemplates.Escape(text)));
        Assert.Equal(names.Count > 0 || text.Contains("{{{{", StringComparison.Ordinal), PromptTemplates.Fill(text, names.ToDictionary(name => name, _ => "\0")) != text);
    }

    [Fact]
    public void Fill_NamesEveryVariableThatHasNoValue_AndTakesDefaults()
    {
        var content = PromptContent.Empty with
        {
            Messages = [new(MessageRole.User, "{{a}} {{b}} {{c}} {{tone}}")],
            Variables = [new("tone", Default: "kind"), new("unused")],
        };

        var missing = PromptTemplates.Fill(content, new Dictionary<string, string> { ["b"] = "" });
        Assert.Equal("prompt.missing_variables", missing.Error!.Code);
        Assert.Equal("2 variables have no value: \"a\", \"c\".", missing.Error.Message);
        Assert.Equal("The variable \"c\" has no value.", PromptTemplates.Fill(content, new Dictionary<string, string> { ["a"] = "1", ["b"] = "" }).Error!.Message);
        Assert.Equal("1  2 kind", PromptTemplates.Fill(content, new Dictionary<string, string> { ["a"] = "1", ["b"] = "", ["c"] = "2", ["x"] = "9" }).Value[0].Text);
    }

    [Theory]
    [InlineData(PromptVariableKind.Number, "1.5e3", true)]
    [InlineData(PromptVariableKind.Number, "1,5", false)]
    [InlineData(PromptVariableKind.Number, "\"1\"", false)]
    [InlineData(PromptVariableKind.Boolean, "true", true)]
    [InlineData(PromptVariableKind.Boolean, "yes", false)]
    [InlineData(PromptVariableKind.Choice, "red", true)]
    [InlineData(PromptVariableKind.Choice, "Red", false)]
    [InlineData(PromptVariableKind.Json, "{\"a\":[1]}", true)]
    [InlineData(PromptVariableKind.Json, "{a:1}", false)]
    [InlineData(PromptVariableKind.Text, "", true)]
    public void AValue_FitsTheKindOfItsVariable_OrIsRefusedByName(PromptVariableKind kind, string value, bool fits)
    {
        var content = PromptContent.Empty with { Messages = [new(MessageRole.User, "{{v}}")], Variables = [new("v", kind) { Choices = ["red", "blue"] }] };

        var filled = PromptTemplates.Fill(content, new Dictionary<string, string> { ["v"] = value });

        Assert.Equal(fits, filled.IsSuccess);
        Assert.True(fits || (filled.Error!.Code == "prompt.wrong_value" && filled.Error.Message.Contains("\"v\"", StringComparison.Ordinal)));
    }

    [Fact]
    public void ReadValues_TakesTextsAsTheyAre_AndEverythingElseAsJson()
    {
        var values = PromptTemplates.ReadValues(JsonElement.Parse("""{"a":"x","n":1.50,"b":true,"o":{"k":[1]},"none":null}""")).Value;

        Assert.Equal(["a=x", "n=1.50", "b=true", "o={\"k\":[1]}"], values.Select(value => $"{value.Key}={value.Value}"));
        Assert.Equal("prompt.bad_values", PromptTemplates.ReadValues(JsonElement.Parse("[1]")).Error!.Code);
        Assert.Equal("prompt.bad_values", PromptTemplates.ReadValues(JsonElement.Parse("""{"a":"\ud800"}""")).Error!.Code);
    }

    private static string Mix(int seed)
    {
        var random = new Random(seed);
        return string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => s_pieces[random.Next(s_pieces.Length)]));
    }
}
