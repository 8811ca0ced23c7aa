using System.Text.Json;
using Bunit;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using MistralStudio.Agents.Mcp;
using MistralStudio.Core;
using MistralStudio.Core.Agents;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Prompts;
using MistralStudio.Core.Security;
using MistralStudio.Web.Features.Chat.ToolCalls;
using MistralStudio.Web.Features.Playground.Schema;
using MistralStudio.Web.Features.Playground.Tools;
using MistralStudio.Web.Tests.Chat;

namespace MistralStudio.Web.Tests.Playground.Tools;

public sealed class ToolEditorTests : BunitContext
{
    private static readonly PromptTool s_mock = new("get_weather", "Weather.", JsonElement.Parse("""{"type":"object"}"""), new PromptToolSource(Mock: "rain"));

    private readonly Servers _servers = new();
    private PromptTool? _saved;

    public ToolEditorTests()
    {
        Services.AddLogging();
        Services.AddLocalization();
        Services.AddSingleton<IToolServers>(_servers);
        JSInterop.Mode = JSRuntimeMode.Loose;
    }

    [Theory]
    [InlineData("""{"type":"object",}""", "schema.no_json", 1)]
    [InlineData("{\"type\":\"object\",\n\"properties\":{\"a\":{\"type\":\"no\"}}}", "schema.invalid", 2)]
    [InlineData("{\n\"type\":\"string\"}", "tool.parameters_no_object", 2)]
    [InlineData("[]", "schema.invalid", null)]
    [InlineData("true", "tool.parameters_no_object", null)]
    public void Parameters_AreASchemaOfAnObject(string text, string code, int? line)
    {
        var draft = new ToolDraft(null, []);
        Assert.Null(draft.Fault);
        draft.Look(text);
        Assert.Equal(code, draft.Fault!.Code);
        Assert.Equal(line ?? draft.Place?.Line, draft.Place?.Line);
        draft.Name = "a";
        Assert.Null(draft.Make());
    }

    [Theory]
    [InlineData("get_weather", true)]
    [InlineData("a-b", true)]
    [InlineData("1st", false)]
    [InlineData("two words", false)]
    [InlineData("", false)]
    public void Names_AreThoseThatServersOfModelsTake(string name, bool good) => Assert.Equal(good, ToolDraft.IsName(name));

    [Fact]
    public async Task Editor_WritesATool_OnceItsNameIsFree()
    {
        var editor = Render<ToolEditor>(set => set.Add(one => one.Taken, ["get_weather"]).Add(one => one.OnSave, made => _saved = made));
        await editor.Find("[data-save-tool]").ClickAsync(new());
        Assert.Null(_saved);
        await editor.Find("[name=tool-name]").InputAsync("get_weather");
        Assert.Equal("There is a tool with this name already.", editor.Find("[role=alert]").TextContent);
        await editor.Find("[name=tool-name]").InputAsync("look_up");
        await editor.Find("[name=tool-description]").ChangeAsync("Looks up.");
        await editor.InvokeAsync(() => editor.FindComponent<JsonField>().Instance.TypedAsync("""{"type":"object","properties":{"id":{"type":"string"}}}"""));
        await editor.Find("[name=tool-mock]").ChangeAsync("42");
        await editor.Find("[data-save-tool]").ClickAsync(new());

        Assert.Equal(("look_up", "Looks up.", "42"), (_saved!.Name, _saved.Description, _saved.Source!.Mock));
        Assert.True(_saved.Parameters.GetProperty("properties").TryGetProperty("id", out _));
    }

    [Fact]
    public async Task Editor_WritesAToolThatAPersonAnswers()
    {
        var editor = Render<ToolEditor>(set => set.Add(one => one.Tool, s_mock).Add(one => one.OnSave, made => _saved = made));
        await editor.Find("[data-by-hand]").ClickAsync(new());
        Assert.Empty(editor.FindAll("[name=tool-mock]"));
        await editor.Find("[data-save-tool]").ClickAsync(new());
        Assert.Null(_saved!.Source);
    }

    [Fact]
    public async Task Section_ListsTools_AndTakesThemOut()
    {
        IReadOnlyList<PromptTool> tools = [s_mock, s_mock with { Name = "ask", Source = null }];
        var allowance = new ToolAllowance(_ => true);
        var section = Render<ToolsSection>(set => set.Add(one => one.Tools, tools).Add(one => one.Allowance, allowance).Add(one => one.OnChange, changed => tools = changed));

        Assert.Equal(["Tool · answers a fixed text", "Tool · you write its results"], section.FindAll(".pick .meta").Select(line => line.TextContent));
        await section.Find("[data-tool=ask] .ib").ClickAsync(new());
        Assert.Equal(["get_weather"], tools.Select(tool => tool.Name));
    }

    [Fact]
    public void Section_OffersServersToThoseWhoMayUseThem()
    {
        var section = Render<ToolsSection>(set => set.Add(one => one.Tools, []).Add(one => one.Allowance, new ToolAllowance(permission => permission == Permissions.FlowsRun)));
        Assert.True(section.Find("[data-server-tool]").HasAttribute("disabled"));
        Assert.False(section.Find("[data-flow-tool]").HasAttribute("disabled"));
    }

    [Fact]
    public async Task Picker_TakesAServersTool_UnderAFreeName()
    {
        var taken = s_mock with { Name = "read_file" };
        var picker = Pick([taken]);
        picker.WaitForAssertion(() => Assert.Equal(["files/read.file", "delete_file"], picker.FindAll(".server-tools b").Select(name => name.TextContent)));
        await picker.Find("[data-use=delete_file]").ClickAsync(new());
        Assert.Equal(new PromptMcpTool("files", "delete_file"), _saved!.Source!.Mcp);
        var first = _saved;
        picker.Render(set => set.Add(one => one.Tools, [taken, first]));
        await picker.Find("[data-use=delete_file][aria-disabled=true]:not([disabled])").ClickAsync(new());
        Assert.Same(first, _saved);

        Assert.Equal("files_read_file_2", OfferedTools.Of("files", _servers.Tools[0], ["files_read_file"]).Name);
    }

    [Fact]
    public async Task FlowPicker_TakesAVersion_UnderAFreeName_AndNotTwice()
    {
        Services.AddSingleton<IFlowCalls>(new Published("triage", "reply"));
        IReadOnlyList<PromptTool> tools = [s_mock with { Name = "run_triage" }];
        var picker = Render<FlowToolPicker>(set => set.AddCascadingValue(Scopes.Owner).Add(one => one.Tools, tools).Add(one => one.OnPick, EventCallback.Factory.Create<PromptTool>(this, picked => _saved = picked)));
        Assert.Equal(["triage@3 · mail", "reply@3 · mail"], picker.FindAll(".server-tools p").Select(line => line.TextContent));
        await picker.Find("[data-use='triage@3']").ClickAsync(new());

        Assert.Equal(("run_triage_2", "triage@3", "Runs the flow \"Flow triage\" and gives its answer."), (_saved!.Name, _saved.Source!.Flow, _saved.Description));
        Assert.True(_saved.Parameters.GetProperty("properties").TryGetProperty("mail", out _));
        picker.Render(set => set.Add(one => one.Tools, [_saved]));
        // Who took it has the focus there: it is no longer to be taken, and it can still be focused.
        var first = _saved;
        var used = picker.Find("[data-use='triage@3']");
        Assert.Equal(("true", false), (used.GetAttribute("aria-disabled"), used.HasAttribute("disabled")));
        await used.ClickAsync(new());
        Assert.Same(first, _saved);
        Assert.False(picker.Find("[data-use='reply@3']").HasAttribute("aria-disabled"));

        // Written again it stays the flow's.
        var editor = Render<ToolEditor>(set => set.Add(one => one.Tool, _saved).Add(one => one.OnSave, made => _saved = made));
        await editor.Find("[name=tool-name]").InputAsync("sort");
        await editor.Find("[data-save-tool]").ClickAsync(new());
        Assert.Equal(("sort", "triage@3"), (_saved.Name, _saved.Source!.Flow));
    }

    [Fact]
    public void FlowPicker_SaysWhereFlowsArePublished_WhereThereIsNone()
    {
        Services.AddSingleton<IFlowCalls>(new Published());
        Assert.EndsWith("/flows", Render<FlowToolPicker>(set => set.AddCascadingValue(Scopes.Owner).Add(one => one.Tools, [])).Find("a.btn").GetAttribute("href"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task RunSection_ChoosesStepsOrApproval_AndBoundsRoundsAndWaits()
    {
        await using var state = Playgrounds.Open(new ScriptedRunner().Hosted, new InMemoryConversations(), Scopes.Owner);
        var section = Render<ToolRunSection>(set => set.Add(one => one.State, state));
        Assert.Equal("true", section.Find("[data-automatic]").GetAttribute("aria-pressed"));
        await section.Find("[data-step-by-step]").ClickAsync(new());
        Assert.True(state.Allowance.StepByStep);
        Assert.Equal("true", section.Find("[data-step-by-step]").GetAttribute("aria-pressed"));

        await section.Find("[name=tool-rounds]").ChangeAsync("400");
        await section.Find("[name=tool-wait]").ChangeAsync("7");
        Assert.Equal((ToolLimits.StepsBound, TimeSpan.FromSeconds(7)), (state.Limits.MostSteps, state.Limits.Result));
        Assert.Equal(("50", "7"), (section.Find("[name=tool-rounds]").GetAttribute("value"), section.Find("[name=tool-wait]").GetAttribute("value")));
    }

    [Fact]
    public void Picker_SaysWhyAServerDoesNotAnswer()
    {
        _servers.Unreachable = McpErrors.TimedOut("files", TimeSpan.FromSeconds(5));
        var picker = Pick([]);
        picker.WaitForAssertion(() => Assert.Contains("did not answer within 5 s", picker.Markup, StringComparison.Ordinal));
    }

    private IRenderedComponent<ServerToolPicker> Pick(IReadOnlyList<PromptTool> tools) =>
        Render<ServerToolPicker>(set => set.AddCascadingValue(Scopes.Owner).Add(one => one.Tools, tools).Add(one => one.OnPick, EventCallback.Factory.Create<PromptTool>(this, picked => _saved = picked)));

    private sealed class Published(params string[] slugs) : IFlowCalls
    {
        public ValueTask<CallableFlow?> FindAsync(WorkspaceId workspace, string reference, CancellationToken cancellationToken) => throw new InvalidOperationException();

        public ValueTask<IReadOnlyList<CallableFlow>> ListAsync(WorkspaceId workspace, CancellationToken cancellationToken) => new(
        [
            .. slugs.Select(slug => new CallableFlow(FlowId.New(), slug, $"Flow {slug}", 3, JsonElement.Parse("""{"type":"object","properties":{"mail":{"type":"string"}}}""")) { Inputs = ["mail"] }),
        ]);

        public Task<Result<FlowAnswer>> CallAsync(FlowCall call, CancellationToken cancellationToken) => throw new InvalidOperationException();
    }

    private sealed class Servers : IToolServers
    {
        public Error? Unreachable { get; set; }

        public IReadOnlyList<ServerTool> Tools { get; } =
        [
            new("files/read.file", "Read", "Reads a file.", JsonElement.Parse("""{"type":"object"}""")),
            new("delete_file", "Delete a file", "", JsonElement.Parse("""{"type":"object"}""")),
        ];

        public Task<IReadOnlyList<ToolServer>> ListAsync(WorkspaceId workspace, CancellationToken cancellationToken) =>
            Task.FromResult<IReadOnlyList<ToolServer>>([new ToolServer("files", "Shared files", IsProcess: false)]);

        public Task<Result<IReadOnlyList<ServerTool>>> ListToolsAsync(WorkspaceId workspace, string server, CancellationToken cancellationToken) =>
            Task.FromResult(Unreachable is { } error ? error : Result<IReadOnlyList<ServerTool>>.Success(Tools));

        public Task<Result<ToolResult>> CallAsync(ToolCall call, CancellationToken cancellationToken) => throw new InvalidOperationException();
    }
}
