using System.Text.Json;
using System.Text.Json.Nodes;
using FsCheck.Xunit;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using MistralStudio.Core.Connections;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Prompts;
using MistralStudio.Web.Features.Prompts.Code;
using MistralStudio.Web.Features.Prompts.Imports;

namespace MistralStudio.Web.Tests.Prompts;

/// <summary>What code says, read by the languages' own readers; whether it works is in <see cref="CodeRunTests"/>.</summary>
public sealed class CodeWriterTests
{
    private static readonly Uri s_studio = new("https://studio.example.org/");

    private static readonly string[] s_pieces =
        ["'", "''", "\"", "\"\"\"", "\"\"\"\"\"", "\\", "\\n", "\n", "\r\n", "$(rm)", "`x`", "${x}", "{", "{{{", "}", "\u2028", "\u0085", "\u202e", "\0", "\u200b", "😀", "\U000e0001", "\ud800", "%s", "#", "//", "/*", "</script>", "é", "\t", "@x", "!", "\\u0041"];

    [Property(MaxTest = 300)]
    public void ForCurl_AShellReadsTheVeryBody(int seed)
    {
        var request = CodeRequest.ToStudio(Subject(Mix(seed)), s_studio);
        var words = ShellWords.Read(CodeWriter.Write(request, CodeLanguage.Curl)).Value;

        Assert.Equal(8, words.Count);
        Assert.Equal(["curl", "https://studio.example.org/v1/chat/completions", "-H", "Authorization: Bearer $MISTRALSTUDIO_API_KEY", "-H", "Content-Type: application/json", "-d"], words.Take(7));
        Assert.Equal(Compact(request.Body.GetRawText()), Compact(words[7]));
    }

    [Property(MaxTest = 100)]
    public void ForCSharp_TheCompilerReadsTheVeryBody_AndNothingElse(int seed)
    {
        var request = CodeRequest.ToStudio(Subject(Mix(seed)), s_studio);
        var tree = CSharpSyntaxTree.ParseText(CodeWriter.Write(request, CodeLanguage.CSharp), cancellationToken: TestContext.Current.CancellationToken);

        Assert.Empty(tree.GetDiagnostics(TestContext.Current.CancellationToken));
        var texts = tree.GetRoot(TestContext.Current.CancellationToken).DescendantNodes().OfType<LiteralExpressionSyntax>().Where(literal => literal.Token.Value is string).Select(literal => literal.Token.ValueText).ToList();
        Assert.Equal(Compact(request.Body.GetRawText()), Compact(texts[0]));
        Assert.Equal(["Bearer", CodeRequest.StudioKey, request.Url, "application/json", "choices", "message", "content"], texts.Skip(1));
    }

    [Fact]
    public void TheVendorsOwnApi_IsAskedInItsOwnTerms()
    {
        var subject = Subject("Hello {{name}}") with { Values = new Dictionary<string, string> { ["name"] = "Ann" } };
        subject = subject with { Content = subject.Content with { Settings = new(0.5f, null, 9, 7), Answer = new("r", JsonElement.Parse("{}")), Model = "m/x" } };

        var mistral = CodeRequest.ToVendor(subject, Server(ConnectionKind.Mistral, "https://api.mistral.ai/v1"), "mistral-large");
        Assert.Equal(("https://api.mistral.ai/v1/chat/completions", "MISTRAL_API_KEY"), (mistral.Url, mistral.KeyVariable));
        Assert.Equal(
            """{"model":"mistral-large","messages":[{"role":"user","content":"Hello Ann"}],"temperature":0.5,"max_tokens":9,"random_seed":7,"response_format":{"type":"json_schema","json_schema":{"name":"r","strict":true,"schema":{}}}}""",
            mistral.Body.GetRawText());
        Assert.Contains("    extra_body={\n      \"random_seed\": 7\n    },", CodeWriter.Write(mistral, CodeLanguage.Python), StringComparison.Ordinal);

        var openAi = CodeRequest.ToVendor(subject, Server(ConnectionKind.OpenAi, "https://api.openai.com/v1"), "gpt-4o");
        Assert.Equal((9, 7, "OPENAI_API_KEY"), (openAi.Body.GetProperty("max_completion_tokens").GetInt32(), openAi.Body.GetProperty("seed").GetInt32(), openAi.KeyVariable));
        var azure = CodeRequest.ToVendor(subject, Server(ConnectionKind.AzureOpenAi, "https://x.openai.azure.com/") with { ApiVersion = "2024-10-21" }, "my gpt");
        Assert.Equal("https://x.openai.azure.com/openai/deployments/my%20gpt/chat/completions?api-version=2024-10-21", azure.Url);
        Assert.All(Enum.GetValues<CodeLanguage>(), language => Assert.Contains("api-key", CodeWriter.Write(azure, language), StringComparison.Ordinal));
    }

    [Fact]
    public void ASavedPrompt_IsAskedByName_WithItsVariables()
    {
        var subject = new CodeSubject(new() { Messages = [new(MessageRole.User, "{{a}} {{n}} {{c}}")], Variables = [new("a", Default: "d"), new("n", PromptVariableKind.Number), new("c", PromptVariableKind.Choice) { Choices = ["x"] }] }, new Dictionary<string, string>())
        {
            Reference = "prompt:p@production",
        };

        Assert.Equal("""{"model":"prompt:p@production","messages":[],"prompt_variables":{"a":"d","n":"1","c":"x"}}""", CodeRequest.ToStudio(subject, s_studio).Body.GetRawText());
    }

    [Theory]
    [InlineData("Say {{question}} in {{tongue}}.", "Say this in French.", "this", "Hello.", "and that")]
    [InlineData("Greet in {{tongue}}.", "Greet in French.", "Hello.", "and that")]
    [InlineData("Greet in {{tongue}}.", "Greet in Dutch.")]
    [InlineData("Greet in {{tongue}}.", "Greet in French.\n\nBe brief.")]
    [InlineData("Say {{question}} in {{tongue}}.", "this")]
    public void AConversation_FollowsTheNameOfAPrompt_WhoseFormMadeItsFirstQuestion(string form, string first, params string[] named)
    {
        var prompt = new CodeSubject(new() { Model = "m", Messages = [new(MessageRole.System, "Be brief."), new(MessageRole.User, form)] }, new Dictionary<string, string> { ["tongue"] = "French" }) { Reference = "prompt:p" };
        var asked = prompt.Asking([new(MessageRole.User, first), new(MessageRole.Assistant, "Hello."), new(MessageRole.User, "and that")]);

        var whole = CodeRequest.ToStudio(asked with { Reference = null }, s_studio).Body;
        Assert.Equal(["Be brief.", first, "Hello.", "and that"], Texts(whole));
        var byName = CodeRequest.ToStudio(asked, s_studio).Body;
        if (named.Length == 0)
        {
            Assert.Equal(whole.GetRawText(), byName.GetRawText());
            return;
        }

        Assert.Equal(("prompt:p", """{"tongue":"French"}"""), (byName.GetProperty("model").GetString(), byName.GetProperty("prompt_variables").GetRawText()));
        Assert.Equal(named, Texts(byName));
    }

    private static IEnumerable<string?> Texts(JsonElement body) => body.GetProperty("messages").EnumerateArray().Select(message => message.GetProperty("content").GetString());

    internal static CodeSubject Subject(string text) => new(
        new()
        {
            Messages = [new(MessageRole.User, text)],
            Model = "scripted",
            Tools = text.Length % 2 == 0 ? [] : [new("t", text, JsonElement.Parse("""{"type":"object","properties":{"__proto__":{"type":"string"}}}"""))],
        },
        new Dictionary<string, string>());

    internal static string Mix(int seed)
    {
        var random = new Random(seed);
        // Tools change how the answer is printed; an even length has none.
        var text = string.Concat(Enumerable.Range(0, 1 + random.Next(12)).Select(_ => s_pieces[random.Next(s_pieces.Length)]));
        return text.Length % 2 == 0 ? text : text + "x";
    }

    internal static string Compact(string json) => JsonSerializer.SerializeToElement(JsonNode.Parse(json), PromptJson.Options).GetRawText();

    private static ConnectionSettings Server(ConnectionKind kind, string address) => new() { Name = "Server", Kind = kind, Address = new(address) };
}
