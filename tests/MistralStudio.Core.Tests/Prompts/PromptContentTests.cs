using System.Text.Json;
using FsCheck.Xunit;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Images;
using MistralStudio.Core.Prompts;
using MistralStudio.Tests.Shared.Fakes;

namespace MistralStudio.Core.Tests.Prompts;

public sealed class PromptContentTests
{
    private static readonly PromptContent s_whole = new()
    {
        Messages = [new(MessageRole.System, "Be {{tone}}."), new(MessageRole.User, "<é> \"{{q}}\"\n😀")],
        Model = "azure/gpt-4o",
        Settings = new(0.7f, 0.9f, 200, 7),
        Variables = [new("tone", PromptVariableKind.Choice, "How", "kind") { Choices = ["kind", "short"] }, new("q")],
        Tools = [new("look_up", "Finds", JsonElement.Parse("""{"type":"object","properties":{"id":{"type":"string"}}}"""), new(Mcp: new("crm", "find")))],
        Answer = new("reply", JsonElement.Parse("""{"type":"object"}""")),
        Knowledge = [new(Guid.Parse("0199f3a0-0000-7000-8000-000000000001"))],
        Reading = new(Passages: 5),
    };

    [Fact]
    public void Write_IsCanonical_AndIsReadBack()
    {
        var json = PromptJson.Write(s_whole);

        Assert.Equal(
            """
            {"answer":{"name":"reply","schema":{"type":"object"},"strict":true},"knowledge":["0199f3a0-0000-7000-8000-000000000001"],
            "messages":[{"role":"system","text":"Be {{tone}}."},{"role":"user","text":"<é> \"{{q}}\"\n\uD83D\uDE00"}],"model":"azure/gpt-4o",
            "reading":{"everything":false,"passages":5},"settings":{"maxOutputTokens":200,"seed":7,"temperature":0.7,"topP":0.9},
            "tools":[{"description":"Finds","name":"look_up","parameters":{"properties":{"id":{"type":"string"}},"type":"object"},"source":{"mcp":{"server":"crm","tool":"find"}}}],
            "variables":[{"choices":["kind","short"],"default":"kind","description":"How","kind":"choice","name":"tone"},{"choices":[],"kind":"text","name":"q"}]}
            """.ReplaceLineEndings(""),
            json);
        Assert.Equal(json, PromptJson.Write(PromptJson.Read(json).Value));
        Assert.Equal(json, PromptJson.Write(PromptJson.ReadHostile(JsonElement.Parse(json)).Value));
        Assert.Null(PromptRules.Check(s_whole));
    }

    [Theory]
    [InlineData("""{"flow":"triage@3"}""", true)]
    [InlineData("""{"mcp":{"server":"crm","tool":"find"}}""", true)]
    [InlineData("""{"mock":""}""", false)]
    public void ATool_ActsWhereAServerOrAFlowStandsBehindIt(string source, bool acts)
    {
        var read = PromptJson.ReadHostile(JsonElement.Parse($$"""{"messages":[{"role":"user","text":"a"}],"tools":[{"name":"a","description":"","parameters":{},"source":{{source}}}]}""")).Value;
        Assert.Equal(acts, read.Tools[0].Source!.Acts);
        Assert.Contains($"\"source\":{source}", PromptJson.Write(read), StringComparison.Ordinal);
    }

    [Fact]
    public void Hash_IsThatOfTheContent_NotOfItsWriting()
    {
        var spaced = PromptJson.Read("""{ "model" : "default", "messages":[{"text":"\u0061","role":"user"}], "settings":{"temperature":0.50} }""").Value;
        var plain = PromptContent.Empty with { Messages = [new(MessageRole.User, "a")], Settings = new(0.5f) };

        Assert.Equal(PromptJson.Hash(plain), PromptJson.Hash(spaced));
        Assert.Equal(64, PromptJson.Hash(plain).Length);
        Assert.NotEqual(PromptJson.Hash(plain), PromptJson.Hash(plain with { Settings = new(0.6f) }));
        Assert.NotEqual(PromptJson.Hash(plain), PromptJson.Hash(plain with { Messages = [new(MessageRole.System, "a")] }));
    }

    [Property(MaxTest = 200)]
    public bool AnyContent_IsReadBackAsItWasWritten(string?[] texts, string? name, float temperature, int tokens)
    {
        var content = PromptContent.Empty with
        {
            Messages = [.. texts.Select((text, i) => new PromptMessage((MessageRole)(i % 3), Whole(text)))],
            Variables = [new(Whole(name), PromptVariableKind.Json, Whole(name), Whole(name))],
            Settings = new(float.IsFinite(temperature) ? temperature : null, null, tokens),
        };
        var read = PromptJson.Read(PromptJson.Write(content)).Value;

        return PromptJson.Hash(read) == PromptJson.Hash(content)
            && read.Messages.SequenceEqual(content.Messages) && read.Settings == content.Settings && read.Variables[0].Default == content.Variables[0].Default;
    }

    [Theory]
    [InlineData("""{"messages":[]}""", "prompt.empty")]
    [InlineData("""{"messages":[{"role":"user","text":" \n"}]}""", "prompt.empty")]
    [InlineData("""{"messages":[null]}""", "prompt.unreadable")]
    [InlineData("""{"messages":null}""", "prompt.unreadable")]
    [InlineData("""{"messages":[{"role":"user"}]}""", "prompt.unreadable")]
    [InlineData("""{"messages":[{"role":"tool","text":"a"}]}""", "prompt.unreadable")]
    [InlineData("""{"messages":[{"role":1,"text":"a"}]}""", "prompt.unreadable")]
    [InlineData("""{"messages":[{"role":"user","text":"\ud800"}]}""", "prompt.unreadable")]
    [InlineData("[]", "prompt.unreadable")]
    [InlineData("null", "prompt.unreadable")]
    [InlineData("""{"messages":[{"role":"user","text":"a"}],"knowledge":["x"]}""", "prompt.unreadable")]
    [InlineData("""{"messages":[{"role":"user","text":"a"}],"model":"a b"}""", "prompt.bad_model")]
    [InlineData("""{"messages":[{"role":"user","text":"a"}],"model":"prompt:other@production"}""", "prompt.model_is_prompt")]
    [InlineData("""{"messages":[{"role":"user","text":"a"}],"settings":{"temperature":3}}""", "prompt.bad_setting")]
    [InlineData("""{"messages":[{"role":"user","text":"a"}],"variables":[{"name":"a b"}]}""", "prompt.bad_variable")]
    [InlineData("""{"messages":[{"role":"user","text":"a"}],"variables":[{"name":"a"},{"name":"a"}]}""", "prompt.twice")]
    [InlineData("""{"messages":[{"role":"user","text":"a"}],"variables":[{"name":"a","kind":"choice"}]}""", "prompt.no_choices")]
    [InlineData("""{"messages":[{"role":"user","text":"a"}],"variables":[{"name":"a","kind":"number","default":"x"}]}""", "prompt.wrong_value")]
    [InlineData("""{"messages":[{"role":"user","text":"a"}],"tools":[{"name":"a b","description":"","parameters":{}}]}""", "prompt.bad_tool")]
    [InlineData("""{"messages":[{"role":"user","text":"a"}],"tools":[{"name":"a","description":"","parameters":{"type":"objekt"}}]}""", "prompt.bad_schema")]
    [InlineData("""{"messages":[{"role":"user","text":"a"}],"tools":[{"name":"a","description":"","parameters":{},"source":{}}]}""", "prompt.bad_tool_source")]
    [InlineData("""{"messages":[{"role":"user","text":"a"}],"tools":[{"name":"a","description":"","parameters":{},"source":{"flow":"triage"}}]}""", "prompt.bad_tool_source")]
    [InlineData("""{"messages":[{"role":"user","text":"a"}],"tools":[{"name":"a","description":"","parameters":{},"source":{"flow":"triage@latest"}}]}""", "prompt.bad_tool_source")]
    [InlineData("""{"messages":[{"role":"user","text":"a"}],"tools":[{"name":"a","description":"","parameters":{},"source":{"flow":"Not a slug@3"}}]}""", "prompt.bad_tool_source")]
    [InlineData("""{"messages":[{"role":"user","text":"a"}],"tools":[{"name":"a","description":"","parameters":{},"source":{"flow":"triage@3","mock":"x"}}]}""", "prompt.bad_tool_source")]
    [InlineData("""{"messages":[{"role":"user","text":"a"}],"answer":{"name":"a","schema":7}}""", "prompt.bad_schema")]
    [InlineData("""{"messages":[{"role":"user","text":"a","images":[null]}]}""", "prompt.unreadable")]
    [InlineData("""{"messages":[{"role":"user","text":"a","images":[{"name":"a","data":7}]}]}""", "image.bad_data")]
    [InlineData("""{"messages":[{"role":"user","text":"a","images":[{"name":"a","data":"data:image/png;base64,aGk="}]}]}""", "image.not_an_image")]
    [InlineData("""{"messages":[{"role":"user","text":"a","images":[{"name":"a","data":"https://example.org/a.png"}]}]}""", "image.remote")]
    [InlineData("""{"messages":[{"role":"user","text":"a","images":[{"name":"a","data":"","data":""}]}]}""", "prompt.unreadable")]
    [InlineData("""{"messages":[{"role":"user","text":"a","images":[{"sha256":"../x","mediaType":"image/png","width":1,"height":1,"bytes":1,"name":"a"}]}]}""", "prompt.bad_image")]
    [InlineData("""{"messages":[{"role":"user","text":"a","images":[{"sha256":"HASH","mediaType":"text/html","width":1,"height":1,"bytes":1,"name":"a"}]}]}""", "prompt.bad_image")]
    [InlineData("""{"messages":[{"role":"user","text":"a","images":[{"sha256":"HASH","mediaType":"image/png","width":1,"height":1,"bytes":9000000000,"name":"a"}]}]}""", "prompt.bad_image")]
    [InlineData("""{"messages":[{"role":"system","text":"a","images":[{"name":"a","data":"PICTURE"}]}]}""", "prompt.image_not_of_user")]
    public void WhatIsNoPrompt_IsRefused_BySentence(string json, string code)
    {
        json = json.Replace("PICTURE", Pictures.PngUri, StringComparison.Ordinal).Replace("HASH", new string('a', 64), StringComparison.Ordinal);
        var refused = PromptJson.ReadHostile(JsonElement.Parse(json)).Error!;

        Assert.Equal(code, refused.Code);
        Assert.EndsWith(".", refused.Message, StringComparison.Ordinal);
        Assert.EndsWith(".", refused.Next, StringComparison.Ordinal);
    }

    [Fact]
    public void Images_ComeWithTheirBytes_AreDescribedInTheContent_AndGoWithThemAgain()
    {
        var json = JsonElement.Parse($$"""{"messages":[{"role":"user","text":"","images":[{"name":"a\u0007b.png","data":"{{Pictures.PngUri}}"}]}]}""");
        var content = PromptJson.ReadHostile(json).Value;

        var image = Assert.Single(content.Messages[0].Images);
        Assert.Equal(("image/png", 1, 1, Pictures.Png.Length, "ab.png"), (image.MediaType, image.Width, image.Height, (int)image.Bytes, image.Name));
        Assert.Equal(Pictures.Png, content.Attached[image.Sha256].ToArray());
        Assert.Contains(image.Sha256, PromptJson.Write(content), StringComparison.Ordinal);
        var kept = PromptJson.Read(PromptJson.Write(content)).Value;
        Assert.Empty(kept.Attached);
        Assert.Equal(content.Messages, kept.Messages);
        Assert.Equal(PromptJson.Hash(content), PromptJson.Hash(kept));
        Assert.NotEqual(PromptJson.Hash(content), PromptJson.Hash(content with { Messages = [new(MessageRole.User, "")] }));

        var exported = JsonSerializer.SerializeToElement(PromptImageData.Put(kept, content.Attached), PromptJson.Options);
        Assert.Equal(content.Attached.Keys, PromptJson.ReadHostile(exported).Value.Attached.Keys);
        Assert.Equal(PromptJson.Hash(content), PromptJson.Hash(PromptJson.ReadHostile(exported).Value));
    }

    [Fact]
    public void Images_AreBounded_InNumberAndBytes()
    {
        var many = Enumerable.Range(0, PromptRules.MostImages + 1).Select(i => new MessageImage($"{i:x64}", "image/png", 1, 1, 10, "a")).ToList();
        Assert.Equal("image.too_many", PromptRules.Check(Showing([.. many.Take(ImageRules.MostInMessage + 1)]))!.Code);
        Assert.Equal("prompt.too_many", PromptRules.Check(PromptContent.Empty with { Messages = [.. many.Select(image => new PromptMessage(MessageRole.User, "a") { Images = [image] })] })!.Code);
        Assert.Equal("prompt.images_too_large", PromptRules.Check(Showing([.. many.Take(5).Select(image => image with { Bytes = ImageRules.MostBytes })]))!.Code);
        Assert.Null(PromptRules.Check(Showing([.. many.Take(4).Select(image => image with { Bytes = ImageRules.MostBytes })])));

        static PromptContent Showing(IReadOnlyList<MessageImage> images) => PromptContent.Empty with { Messages = [new(MessageRole.User, "") { Images = images }] };
    }

    [Fact]
    public void APromptThatIsTooLarge_IsRefused()
    {
        var content = PromptContent.Empty with { Messages = [new(MessageRole.User, new string('a', PromptJson.MostBytes))] };
        Assert.Equal("prompt.too_large", PromptRules.Check(content)!.Code);
    }

    // Half of a surrogate pair cannot be written: what a browser sends has none.
    private static string Whole(string? text) => new([.. (text ?? "").Where(character => !char.IsSurrogate(character))]);
}
