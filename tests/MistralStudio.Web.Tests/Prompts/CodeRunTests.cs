using System.Diagnostics;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using MistralStudio.Core.Agents;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Models;
using MistralStudio.Core.Prompts;
using MistralStudio.Data.Accounts;
using MistralStudio.Tests.Shared;
using MistralStudio.Tests.Shared.Fakes;
using MistralStudio.Web.Features.Prompts.Code;
using MistralStudio.Web.Tests.Api;
using CodeLiterals = MistralStudio.Web.Features.Prompts.Code.Literals;

namespace MistralStudio.Web.Tests.Prompts;

/// <summary>Code as it is given, run against the studio.</summary>
public sealed class CodeRunTests : IAsyncLifetime
{
    private const string Hostile = "It's \"\"\"odd\"\"\" $HOME `pwd` \\n \u2028 😀\n{{ not }} \u202e";

    private readonly ApiStudio _studio = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("studio-code-").FullName;
    private Uri _url = null!;
    private string _key = "";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _studio.Chat = new(messages => $"heard {messages[^1].Text.Length}") { Abilities = ChatAbilities.Usual with { Images = true } };
        _url = _studio.Listen();
        using var client = await _studio.SignedInAsync();
        _key = client.DefaultRequestHeaders.Authorization!.Parameter!;
    }

    public async ValueTask DisposeAsync()
    {
        await _studio.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Curl_AsksForTheWholeRequest_AndForASavedPrompt()
    {
        Assert.SkipUnless(File.Exists("/bin/sh"), "There is no POSIX shell here.");
        foreach (var subject in await SubjectsAsync())
        {
            var answer = await RunAsync("/bin/sh", await WriteAsync("ask.sh", Code(subject, CodeLanguage.Curl)));
            Assert.Equal($"heard {Hostile.Length}", JsonNode.Parse(answer)!["choices"]![0]!["message"]!["content"]!.GetValue<string>());
            Heard(subject);
        }
    }

    [Fact]
    public async Task JavaScript_AsksWithTheOfficialClient()
    {
        var clients = Path.Combine(SharedData.Root, "tests", "clients");
        Assert.SkipUnless(Directory.Exists(Path.Combine(clients, "node_modules", "openai")), "The official clients are not installed: npm ci in tests/clients.");
        // Node looks for packages from where the program stands.
        Directory.CreateSymbolicLink(Path.Combine(_folder, "node_modules"), Path.Combine(clients, "node_modules"));
        foreach (var subject in await SubjectsAsync())
        {
            Assert.Equal($"heard {Hostile.Length}", (await RunAsync("node", await WriteAsync("ask.mjs", Code(subject, CodeLanguage.JavaScript)))).Trim());
            Heard(subject);
        }
    }

    [Fact]
    public async Task Python_AsksWithTheOfficialClient()
    {
        Assert.SkipUnless(await CanAsync("python3", "-c", "import openai"), "There is no python3 with the package openai here.");
        foreach (var subject in await SubjectsAsync())
        {
            Assert.Equal($"heard {Hostile.Length}", (await RunAsync("python3", await WriteAsync("ask.py", Code(subject, CodeLanguage.Python)))).Trim());
            Heard(subject);
        }
    }

    [Fact]
    public async Task CSharp_IsCompiledAsItIs_AndAsks()
    {
        Environment.SetEnvironmentVariable(CodeRequest.StudioKey, _key);
        foreach (var subject in await SubjectsAsync())
        {
            using var image = new MemoryStream();
            const string Usings = "global using System; global using System.IO; global using System.Net.Http; global using System.Threading.Tasks; global using System.Linq; global using System.Collections.Generic; global using System.Threading;";
            var compiled = CSharpCompilation.Create(
                $"ask{Guid.NewGuid():N}",
                [CSharpSyntaxTree.ParseText(Code(subject, CodeLanguage.CSharp), cancellationToken: Token), CSharpSyntaxTree.ParseText(Usings, cancellationToken: Token)],
                ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator).Where(path => Path.GetFileName(path).StartsWith("System.", StringComparison.Ordinal)).Select(path => MetadataReference.CreateFromFile(path)),
                new CSharpCompilationOptions(OutputKind.ConsoleApplication)).Emit(image, cancellationToken: Token);
            Assert.True(compiled.Success, string.Join('\n', compiled.Diagnostics));

            var main = Assembly.Load(image.ToArray()).EntryPoint!;
            await Task.Run(() => main.Invoke(null, main.GetParameters().Length == 0 ? null : [Array.Empty<string>()]), Token);
            Heard(subject);
        }
    }

    [Fact]
    public async Task Literals_AreTheirValues_ToNodeAndPython()
    {
        var values = JsonSerializer.SerializeToElement(
            Enumerable.Range(0, 200).Select(CodeWriterTests.Mix).Select(text => text.Replace("\ud800", "", StringComparison.Ordinal))
                .Select(text => new JsonObject { [text.Length == 0 ? "a" : text] = text, ["__proto__"] = new JsonArray(1.5, true, false, null, new JsonObject()) }),
            PromptJson.Options);
        var expected = CodeWriterTests.Compact(values.GetRawText());

        var node = await RunAsync("node", await WriteAsync("literal.mjs", $"console.log(JSON.stringify({CodeLiterals.JavaScript.Value(values, 0)}));"));
        Assert.Equal(expected, CodeWriterTests.Compact(node));
        Assert.SkipUnless(await CanAsync("python3", "-c", "0"), "Node reads them as they are; there is no python3 here.");
        var python = await RunAsync("python3", await WriteAsync("literal.py", $"import json\nprint(json.dumps({CodeLiterals.Python.Value(values, 0)}))"));
        Assert.Equal(expected, CodeWriterTests.Compact(python));
    }

    // The model was asked what the subject asks, with its images.
    private void Heard(CodeSubject subject)
    {
        var question = _studio.Chat.Requests[^1].Messages[^1];
        Assert.Equal(Hostile, question.Text);
        Assert.Equal(subject.Pictures.Values, question.Contents.OfType<DataContent>().Select(image => image.Uri));
    }

    private string Code(CodeSubject subject, CodeLanguage language) => CodeWriter.Write(CodeRequest.ToStudio(subject, _url), language);

    // The same question as a whole request, by the name of a saved prompt, and beside an image.
    private async Task<IReadOnlyList<CodeSubject>> SubjectsAsync()
    {
        var owner = (await _studio.Services.GetRequiredService<AccountStore>().FindDefaultOwnerAsync(Token))!;
        var content = new PromptContent { Messages = [new(MessageRole.System, "Be {{tone}}."), new(MessageRole.User, "{{text}}")], Model = "scripted", Settings = new(0.5f, null, 20, 7), Variables = [new("tone", Default: "kind")] };
        var prompt = (await _studio.Services.GetRequiredService<IPromptStore>().CreateAsync(owner.Workspace, PromptForm.Named("Code"), content, "", owner.User, Token)).Value;
        var whole = new CodeSubject(content, new Dictionary<string, string> { ["text"] = Hostile });
        var image = new MessageImage(new string('a', 64), "image/png", 1, 1, Pictures.Png.Length, "pixel.png");
        var named = whole with { Reference = $"{prompt.Reference}@1" };
        var use = new ToolUse { Id = "call_0001", Tool = "look", Arguments = """{"at":"it's"}""", Round = 1, At = 0, State = ToolUseState.Answered, Result = Hostile };
        List<TurnMessage> said = [new(MessageRole.User, Hostile), new(MessageRole.Assistant, "Well.") { Tools = [use] }, new(MessageRole.User, Hostile) { Images = [image] }];
        var (asked, pictures) = (named.Asking(said), new Dictionary<string, string> { [image.Sha256] = Pictures.PngUri });
        return [whole, named, asked with { Pictures = pictures }, asked with { Reference = null, Pictures = pictures }];
    }

    private async Task<string> WriteAsync(string name, string code)
    {
        var path = Path.Combine(_folder, name);
        await File.WriteAllTextAsync(path, code, Token);
        return path;
    }

    private async Task<bool> CanAsync(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = _folder, RedirectStandardError = true, RedirectStandardOutput = true })!;
            await process.WaitForExitAsync(Token);
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    private async Task<string> RunAsync(string program, string path)
    {
        var start = new ProcessStartInfo(program, [path]) { WorkingDirectory = _folder, RedirectStandardOutput = true, RedirectStandardError = true, Environment = { [CodeRequest.StudioKey] = _key, ["no_proxy"] = "*" } };
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync(Token);
        var output = await process.StandardOutput.ReadToEndAsync(Token);
        await process.WaitForExitAsync(Token);
        Assert.True(process.ExitCode == 0, await error);
        return output;
    }
}
