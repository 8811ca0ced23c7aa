using FsCheck.Xunit;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Models;
using MistralStudio.Core.Prompts;
using MistralStudio.Web.Features.Prompts.Imports;

namespace MistralStudio.Web.Tests.Prompts;

public sealed class PromptImportTests
{
    private static readonly ModelChoice[] s_models = [new("scripted", "Scripted", ModelTask.Chat, true, false), new("azure/gpt-4o", "GPT", ModelTask.Chat, false, false)];

    private const string Request = """
        {"model":"gpt-4o","stream":true,"temperature":0.3,"max_tokens":200,"seed":7,"stop":["x"],
         "messages":[{"role":"system","content":"It's \"kind\". $HOME `pwd`"},{"role":"user","content":[{"type":"text","text":"{{q}}"},{"type":"image_url","image_url":{"url":"data:"}}]},
                     {"role":"assistant","content":null,"tool_calls":[{"id":"a","function":{"name":"f"}}]},{"role":"tool","tool_call_id":"a","content":"1"}],
         "tools":[{"type":"function","function":{"name":"look_up","description":"d","parameters":{"type":"object"}}},{"type":"web_search"}],
         "response_format":{"type":"json_schema","json_schema":{"name":"r","strict":true,"schema":{"type":"object"}}}}
        """;

    [Fact]
    public void OpenAisFormat_IsRead_AndWhatCannotComeIsSaid()
    {
        var read = Read(Request);

        Assert.Equal(["System It's \"kind\". $HOME `pwd`", "User {{q}}"], read.Content.Messages.Select(message => $"{message.Role} {message.Text}"));
        Assert.Equal(("azure/gpt-4o", new GenerationSettings(0.3f, null, 200, 7)), (read.Content.Model, read.Content.Settings));
        Assert.Equal("look_up", Assert.Single(read.Content.Tools).Name);
        Assert.Equal(("r", true), (read.Content.Answer!.Name, read.Content.Answer.Strict));
        Assert.Equal(4, read.Notes.Count);
        Assert.Contains(read.Notes, note => note.Contains("stop", StringComparison.Ordinal) && !note.Contains("stream", StringComparison.Ordinal));
    }

    [Fact]
    public void AnthropicsFormat_IsRead()
    {
        var read = Read("""
            {"model":"claude-x","max_tokens":100,"system":[{"type":"text","text":"Be kind."}],"messages":[{"role":"user","content":"Hi"},{"role":"assistant","content":[{"type":"text","text":"Yes"},{"type":"tool_use","id":"1","name":"f","input":{}}]}],
             "tools":[{"name":"f","description":"d","input_schema":{"type":"object"}}]}
            """);

        Assert.Equal(["System Be kind.", "User Hi", "Assistant Yes"], read.Content.Messages.Select(message => $"{message.Role} {message.Text}"));
        Assert.Equal(("default", 100, "f"), (read.Content.Model, read.Content.Settings.MaxOutputTokens, read.Content.Tools[0].Name));
        Assert.Contains(read.Notes, note => note.Contains("claude-x", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("curl https://api.mistral.ai/v1/chat/completions \\\n  -H \"Authorization: Bearer sk-secret\" \\\n  -d '{\"model\":\"scripted\",\"random_seed\":5,\"messages\":[{\"role\":\"user\",\"content\":\"It'\\''s\"}]}'", "It's")]
    [InlineData("curl -s --json \"{\\\"model\\\":\\\"scripted\\\",\\\"random_seed\\\":5,\\\"messages\\\":[{\\\"role\\\":\\\"user\\\",\\\"content\\\":\\\"\\$x\\\"}]}\" url", "$x")]
    [InlineData("curl --data-raw $'{\"model\":\"scripted\",\"random_seed\":5,\"messages\":[{\"role\":\"user\",\"content\":\"a\\'b\\\\n\\u0041\"}]}' url", "a'b\nA")]
    [InlineData("curl url --data='{\"model\":\"scripted\",\"random_seed\":5,\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}'", "x")]
    [InlineData("curl url -d'{\"model\":\"scripted\",\"random_seed\":5,' -d'\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}'", "x")]
    public void ACurlCommand_IsReadAsAShellReadsIt_AndItsKeyIsNot(string command, string text)
    {
        var read = Read(command);

        Assert.Equal(text, Assert.Single(read.Content.Messages).Text);
        Assert.Equal(("scripted", 5L), (read.Content.Model, read.Content.Settings.Seed!.Value));
        Assert.DoesNotContain("sk-secret", PromptJson.Write(read.Content), StringComparison.Ordinal);
    }

    [Fact]
    public void MessagesWithoutTheirRequest_AreRead_AndABracketOfATextIsNone()
    {
        var read = Read("""[{"role":"system","content":"Be brief."},{"role":"user","content":"Hello {{name}}"},]""");
        Assert.Equal([(MessageRole.System, "Be brief."), (MessageRole.User, "Hello {{name}}")], read.Content.Messages.Select(message => (message.Role, message.Text)));
        foreach (var text in (string[])["[a link](https://example.org)", "[1, 2]", "[]", """[{"name":"Ann"}]"""])
        {
            Assert.Equal(text, Read(text).Content.Messages[0].Text);
        }
    }

    [Fact]
    public void ATextFile_IsOneMessage_NamedAfterItsFile()
    {
        var read = PromptImport.Read("# Refunds\r\n\r\nAnswer {{mail}}.\r\n", "refund_reply.md", s_models).Value;
        Assert.Equal(("refund reply", "# Refunds\n\nAnswer {{mail}}."), (read.Form.Name, read.Content.Messages[0].Text));
        Assert.Equal("Refunds", Read("# Refunds\nText").Form.Name);
    }

    [Theory]
    [InlineData("", "prompt_import.empty")]
    [InlineData("curl https://x", "prompt_import.no_body")]
    [InlineData("curl -d @body.json https://x", "prompt_import.body_in_file")]
    [InlineData("curl -d '{\"messages\"", "prompt_import.open_quote")]
    [InlineData("curl -d \"{", "prompt_import.open_quote")]
    [InlineData("curl -d 'x=1'", "prompt_import.bad_json")]
    [InlineData("{\"a\":", "prompt_import.bad_json")]
    [InlineData("{\"a\":1}", "prompt_import.not_a_request")]
    [InlineData("""{"messages":[1]}""", "prompt_import.wrong_field")]
    [InlineData("""{"messages":[{"role":"king","content":"x"}]}""", "prompt_import.wrong_field")]
    [InlineData("""{"messages":[{"role":"user","content":7}]}""", "prompt_import.wrong_field")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"temperature":"hot"}""", "prompt_import.wrong_field")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"temperature":9}""", "prompt.bad_setting")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"max_tokens":1e300}""", "prompt_import.wrong_field")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"tools":{}}""", "prompt_import.wrong_field")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"tools":[{"name":"a","input_schema":{"type":"objekt"}}]}""", "prompt.bad_schema")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"response_format":{"type":"json_schema"}}""", "prompt_import.wrong_field")]
    [InlineData("""{"messages":[{"role":"user","content":"\ud800"}]}""", "prompt_import.bad_json")]
    [InlineData("""{"messages":[]}""", "prompt.empty")]
    [InlineData("""{"schema":"mistralstudio.prompt/2"}""", "prompt_import.newer_schema")]
    [InlineData("""{"schema":"mistralstudio.prompt/1"}""", "prompt_import.wrong_field")]
    [InlineData("""{"schema":"mistralstudio.prompt/1","content":[]}""", "prompt.unreadable")]
    public void WhatIsNoPrompt_IsRefused_BySentence(string text, string code)
    {
        var refused = PromptImport.Read(text, null, s_models).Error!;
        Assert.Equal(code, refused.Code);
        Assert.EndsWith(".", refused.Message, StringComparison.Ordinal);
    }

    [Property(MaxTest = 400)]
    public void WhateverIsPasted_ThereIsAPromptOrASentence(int seed)
    {
        string[] pieces = ["curl ", "-d ", "'", "\"", "\\", "$'", "{", "}", "[", "]", ":", ",", "\"messages\"", "\"role\":\"user\"", "\"content\"", "null", "1e9", "\"\\ud800\"", "\n", "@f", "{{x}}", "--json=", "\"system\"", "\"tools\"", "😀", "\0"];
        var random = new Random(seed);
        var text = (random.Next(3) switch { 0 => "curl ", 1 => "{", _ => "" }) + string.Concat(Enumerable.Range(0, random.Next(25)).Select(_ => pieces[random.Next(pieces.Length)]));

        var read = PromptImport.Read(text, null, s_models);

        Assert.True(read.IsSuccess ? PromptRules.Check(read.Value.Content) is null && read.Value.Form.Name.Length is > 0 and <= 80 : read.Error.Message.Length > 0);
    }

    private static ImportedPrompt Read(string text)
    {
        var read = PromptImport.Read(text, null, s_models);
        Assert.True(read.IsSuccess, read.Error?.ToString());
        return read.Value;
    }
}
