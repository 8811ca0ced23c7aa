using System.Text.Json;
using Bunit;
using Microsoft.Extensions.DependencyInjection;
using MistralStudio.Core;
using MistralStudio.Core.Agents;
using MistralStudio.Core.Prompts;
using MistralStudio.Core.Schemas;
using MistralStudio.Web.Features.Chat.Checks;
using MistralStudio.Web.Features.Playground.Schema;

namespace MistralStudio.Web.Tests.Playground.Schema;

public sealed class SchemaEditorTests : BunitContext
{
    private PromptSchema? _saved;
    private SchemaFault? _limit;

    public SchemaEditorTests()
    {
        Services.AddLogging();
        Services.AddLocalization();
        Services.AddSingleton<IHeldSchemas>(new Holder(() => _limit));
        JSInterop.Mode = JSRuntimeMode.Loose;
    }

    [Fact]
    public async Task Editor_SaysWhatIsWrong_WhileItIsTyped_AndSavesWhatIsRight()
    {
        var editor = Render<SchemaEditor>(set => set.Add(one => one.OnSave, saved => _saved = saved));
        editor.WaitForAssertion(() => Assert.Contains("are held to it", editor.Find("#schema-said").TextContent, StringComparison.Ordinal));

        var field = editor.FindComponent<JsonField>();
        await editor.InvokeAsync(() => field.Instance.TypedAsync("{\"type\":\n\"strung\"}"));
        editor.WaitForAssertion(() => Assert.Contains("\"/type\"", editor.Find(".said-bad").TextContent, StringComparison.Ordinal));
        Assert.Equal("Line 1", editor.Find("[data-at-line]").TextContent);
        Assert.True(editor.Find("[data-save-schema]").HasAttribute("disabled"));
        Assert.True(field.Instance.IsBad);

        await editor.InvokeAsync(() => field.Instance.TypedAsync("""{"type":"object","properties":{"sum":{"type":"number"}}}"""));
        editor.WaitForAssertion(() => Assert.Contains("sum: number?", editor.Find(".outline").TextContent, StringComparison.Ordinal));
        await editor.Find("[name=schema-name]").InputAsync("no good");
        await editor.Find("[data-save-schema]").ClickAsync(new());
        Assert.Null(_saved);
        Assert.Single(editor.FindAll(".field-error"));
        await editor.Find("[name=schema-name]").InputAsync("Invoice");
        await editor.Find("[data-save-schema]").ClickAsync(new());
        Assert.Equal("Invoice", _saved!.Name);
        Assert.True(_saved.Schema.GetProperty("properties").TryGetProperty("sum", out _));
    }

    [Fact]
    public async Task ASchemaThatTheEngineCannotHoldTo_CanBeSaved_AndTheReasonIsSaid()
    {
        var editor = Render<SchemaEditor>(set => set.Add(one => one.OnSave, saved => _saved = saved));
        _limit = new SchemaFault(new Error("schema.unsupported_keyword", "The keyword \"not\" is not supported.", "Remove it."), "/not");
        await editor.InvokeAsync(() => editor.FindComponent<JsonField>().Instance.TypedAsync("""{"not":{"type":"string"}}"""));
        editor.WaitForAssertion(() => Assert.Contains("The local engine cannot hold a model to this. The keyword \"not\" is not supported.", editor.Find(".said-warn").TextContent, StringComparison.Ordinal));
        await editor.Find("[data-save-schema]").ClickAsync(new());
        Assert.NotNull(_saved);
    }

    [Fact]
    public async Task Section_MakesASchemaOfTheLastAnswer_AndSwitchesStrictness()
    {
        var section = Render<SchemaSection>(set => set.Add(one => one.FromAnswer, """{"total": 5}""").Add(one => one.OnChange, saved => _saved = saved));
        await section.Find("[data-infer]").ClickAsync(new());
        section.WaitForAssertion(() => Assert.Contains("total: int", section.Find(".schema-edit .outline").TextContent, StringComparison.Ordinal));
        await section.Find("[data-save-schema]").ClickAsync(new());
        Assert.True(_saved!.Strict);

        section.Render(set => set.Add(one => one.Answer, _saved));
        Assert.StartsWith("Answer {", section.Find(".outline").TextContent, StringComparison.Ordinal);
        await section.Find("[name=strict]").ChangeAsync(false);
        Assert.False(_saved.Strict);
    }

    [Fact]
    public async Task Section_SaysThatWordsMakeNoSchema()
    {
        var section = Render<SchemaSection>(set => set.Add(one => one.FromAnswer, "Just words."));
        await section.Find("[data-infer]").ClickAsync(new());
        Assert.Contains("This answer is no JSON", section.Markup, StringComparison.Ordinal);
        Assert.Empty(section.FindAll("dialog"));
    }

    [Fact]
    public void AnAnswersCheck_SaysThatItMatches_OrWhereItDoesNot()
    {
        Assert.Equal("Matches Invoice", Render<AnswerCheckView>(set => set.Add(one => one.Check, new AnswerCheck("Invoice", []))).Find(".schema-ok").TextContent.Trim());

        List<SchemaViolation> wrong = [.. Enumerable.Range(0, 10).Select(i => new SchemaViolation($"/rows/{i}", "/items/type", "It should be <b>a number</b>."))];
        var view = Render<AnswerCheckView>(set => set.Add(one => one.Check, new AnswerCheck("Invoice", wrong)));
        Assert.Equal("/rows/0", view.Find("li code").TextContent);
        Assert.Equal(8, view.FindAll("li").Count);
        Assert.Contains("and 2 more", view.Markup, StringComparison.Ordinal);
        Assert.Empty(view.FindAll("li b"));
    }

    private sealed class Holder(Func<SchemaFault?> fault) : IHeldSchemas
    {
        public SchemaFault? FindFault(JsonElement schema) => fault();
    }
}
