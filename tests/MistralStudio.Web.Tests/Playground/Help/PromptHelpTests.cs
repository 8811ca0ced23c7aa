using Bunit;
using Microsoft.Extensions.DependencyInjection;
using MistralStudio.Core;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Models;
using MistralStudio.Web.Features.Playground.Help;

namespace MistralStudio.Web.Tests.Playground.Help;

public sealed class PromptHelpTests : BunitContext
{
    private const string Before = "You answer questions.\nAnswer in {{language}}.\n";

    private readonly ScriptedWriter _writer = new();
    private string? _taken;

    public PromptHelpTests()
    {
        Services.AddLogging();
        Services.AddLocalization();
        Services.AddSingleton<IModelWriter>(_writer);
        Services.AddSingleton(TimeProvider.System);
        Services.AddSingleton<PromptHelp>();
        JSInterop.Mode = JSRuntimeMode.Loose;
    }

    private static CancellationToken Token => Xunit.TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("```\nBetter {{language}}.\n```")]
    [InlineData("<prompt>\nBetter {{language}}.\n</prompt>")]
    [InlineData("  Better {{language}}.  ")]
    [InlineData("Sure! Here it is:\n\n```text\nBetter {{language}}.\n```\n\nLet me know.")]
    [InlineData("Sure, here it is:\n\nBetter {{language}}.")]
    [InlineData("**Here is the improved prompt:**\nBetter {{language}}.")]
    [InlineData("Here’s a clearer version of your prompt:\n<prompt>\nBetter {{language}}.\n</prompt>")]
    public async Task AProposal_IsThePromptAlone(string said)
    {
        _writer.Says(said);
        Assert.Equal("Better {{language}}.", (await AskAsync(HelpKind.Improve)).Value);
    }

    [Theory]
    [InlineData("Answer these questions in {{language}}:\n{{questions}}")]
    [InlineData("Here is a letter:\n{{letter}}\nAnswer it in {{language}}.")]
    [InlineData("Sure of the language {{language}}:\nanswer.")]
    [InlineData("Certainly in {{language}}, here is the prompt:")]
    public async Task AFirstLineOfTheProposalsOwn_Stays(string said)
    {
        _writer.Says(said);
        Assert.Equal(said, (await AskAsync(HelpKind.Improve)).Value);
    }

    [Fact]
    public async Task AProposalThatLostAVariable_IsAskedForOnceMore()
    {
        _writer.Says("Answer in English.");
        _writer.Says("Answer well, in {{language}}.");
        var grown = new List<string?>();
        var proposal = await AskAsync(HelpKind.Improve, "Shorter.", grown.Add);

        Assert.Equal("Answer well, in {{language}}.", proposal.Value);
        Assert.Contains("Mind this: Shorter.", _writer.Tasks[0].Turns[0].Text, StringComparison.Ordinal);
        Assert.Equal("You lost {{language}}. Write the whole prompt once more, with every variable exactly as it was.", _writer.Tasks[1].Turns[^1].Text);
        Assert.Equal(["Answer in English.", null, "Answer well, in {{language}}."], grown);
    }

    [Fact]
    public async Task ASecondProposalThatIsNoBetter_IsNotTaken()
    {
        _writer.Says("Answer in English.");
        _writer.Says("");
        Assert.Equal("Answer in English.", (await AskAsync(HelpKind.Translate, "German")).Value);
        Assert.Contains("into German", _writer.Tasks[0].System, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", false, "help.empty")]
    [InlineData("Answer and answer and answer", true, "help.cut")]
    public async Task TheWorstOfASmallModel_IsASentence(string said, bool cut, string code)
    {
        _writer.Says(said, cut);
        Assert.Equal(code, (await AskAsync(HelpKind.Improve)).Error!.Code);
    }

    [Fact]
    public async Task AnEmptyMessage_IsNotSent()
    {
        Assert.Equal("help.nothing", (await new PromptHelp(_writer).AskAsync(WorkspaceId.New(), ModelReference.Default, new HelpRequest(HelpKind.Explain, "  "), _ => { }, Token)).Error!.Code);
        Assert.Empty(_writer.Tasks);
    }

    [Fact]
    public async Task AProposal_IsTakenChangeByChange_AndWhatWouldBeLostIsSaid()
    {
        _writer.Says("You answer questions briefly.\nSame line.\nAnswer.");
        _writer.Says("You answer questions briefly.\nSame line.\nAnswer.");
        var modal = Show(HelpKind.Improve, "You answer questions.\nSame line.\nAnswer in {{language}}.");
        await modal.Find("[data-go-help]").ClickAsync(new());
        modal.WaitForAssertion(() => Assert.Equal(2, modal.FindAll(".take input").Count));
        Assert.Contains("has lost {{language}}", modal.Find("[role=alert]").TextContent, StringComparison.Ordinal);

        modal.FindAll(".take input")[1].Change(false);
        Assert.Empty(modal.FindAll("[role=alert]"));
        Assert.Equal("Take 1 change", modal.Find("[data-take]").TextContent);
        await modal.Find("[data-take]").ClickAsync(new());
        Assert.Equal("You answer questions briefly.\nSame line.\nAnswer in {{language}}.", _taken);
    }

    [Fact]
    public async Task AProposal_IsWatched_AndStopped()
    {
        var going = _writer.Waits("Half a pro");
        var modal = Show(HelpKind.Translate, Before);
        Assert.True(modal.Find("[data-go-help]").HasAttribute("disabled"));
        await modal.Find("[name=language]").InputAsync("French");
        var click = modal.Find("[data-go-help]").ClickAsync(new());
        modal.WaitForAssertion(() => Assert.Equal("Half a pro", modal.Find(".growing").TextContent));

        await modal.Find("[data-stop-help]").ClickAsync(new());
        await click;
        Assert.True(going.IsCancellationRequested());
        modal.WaitForAssertion(() => Assert.Single(modal.FindAll("[data-go-help]")));
        Assert.Null(_taken);
    }

    [Fact]
    public void AnExplanation_BeginsByItself_AndIsSafeMarkdown()
    {
        _writer.Says("It asks for **answers**. <img src=x onerror=alert(1)>");
        var modal = Show(HelpKind.Explain, Before);
        modal.WaitForAssertion(() => Assert.Equal("answers", modal.Find(".md strong").TextContent));
        Assert.Empty(modal.FindAll(".md img"));
        Assert.Empty(modal.FindAll("[data-take]"));
    }

    [Fact]
    public async Task AnExplanationThatIsStopped_SaysSo_AndIsAskedForAgain()
    {
        _writer.Waits("");
        var modal = Show(HelpKind.Explain, Before);
        await modal.Find("[data-stop-help]").ClickAsync(new());
        modal.WaitForAssertion(() => Assert.Contains("Stopped before the first word.", modal.Markup, StringComparison.Ordinal));
        _writer.Says("It asks.");
        await modal.Find("form").SubmitAsync();
        modal.WaitForAssertion(() => Assert.Contains("It asks.", modal.Markup, StringComparison.Ordinal));
    }

    [Fact]
    public async Task AModelThatFails_SaysWhy_AndIsTriedAgain()
    {
        _writer.Fails(ModelErrors.QueueFull(3));
        var modal = Show(HelpKind.Explain, Before);
        modal.WaitForAssertion(() => Assert.Contains("The model is busy", modal.Markup, StringComparison.Ordinal));
        _writer.Says("It asks.");
        await modal.Find("[data-go-help]").ClickAsync(new());
        modal.WaitForAssertion(() => Assert.Contains("It asks.", modal.Markup, StringComparison.Ordinal));
    }

    private Task<Result<string>> AskAsync(HelpKind kind, string wish = "", Action<string?>? grown = null) =>
        new PromptHelp(_writer).AskAsync(WorkspaceId.New(), ModelReference.Default, new HelpRequest(kind, Before, wish), grown ?? (_ => { }), Token);

    private IRenderedComponent<HelpModal> Show(HelpKind kind, string text) => Render<HelpModal>(set => set
        .AddCascadingValue(Scopes.Owner).Add(one => one.Kind, kind).Add(one => one.Text, text).Add(one => one.Model, "default").Add(one => one.OnTake, taken => _taken = taken));
}
