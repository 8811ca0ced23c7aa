using System.Text.Json;
using Bunit;
using MistralStudio.Core.Security;
using MistralStudio.Web.Features.Flows.Editor;
using MistralStudio.Web.Tests.Api;

namespace MistralStudio.Web.Tests.Flows;

/// <summary>The settings of a node while somebody types, over the real compiler. A pause in typing is a change (fields.ts).</summary>
public sealed class InspectorTests(ApiStudio studio) : FlowTests(studio)
{
    private const string Asked = """
        {"schema":"mistralstudio.flow/1",
         "nodes":[{"id":"start","type":"start"},{"id":"count","type":"code","title":"Count words","config":{"source":"return inputs.q.split(' ').length;"}},
                  {"id":"ask","type":"llm","config":{"model":"default","prompt":"Answer {{ q }} in {{ words }} words."}},{"id":"answer","type":"answer"}],
         "edges":[{"from":"start.q","to":"count.q"},{"from":"start.q","to":"ask.q"},{"from":"count.value","to":"ask.words"},{"from":"ask.text","to":"answer.text"}],
         "inputs":[{"name":"q","type":"text","required":true}]}
        """;

    private const string Sent = """
        {"schema":"mistralstudio.flow/1",
         "nodes":[{"id":"start","type":"start"},{"id":"check","type":"approval","config":{"title":"Send it?","expires":"1.12:00:00"}},{"id":"tell","type":"send","config":{"via":"email","subject":"Done"}},{"id":"rest","type":"wait","config":{"for":"00:01:30"}}],
         "edges":[{"from":"start.q","to":"check.q"},{"from":"check.approved","to":"tell.it"},{"from":"start.q","to":"rest.q"}],
         "inputs":[{"name":"q","type":"text","required":true}]}
        """;

    [Fact]
    public async Task WhatTheCompilerSays_StandsOnTheField_AsItIsTyped_AndGoesWithItsCause()
    {
        var inspector = await OpenAsync("ask");
        var prompt = Prompt(inspector);
        Assert.NotNull(prompt.GetAttribute("data-slow"));
        Assert.Null(prompt.GetAttribute("aria-invalid"));

        await prompt.ChangeAsync(new() { Value = "Answer {{ nobody }}." });
        Assert.Equal("true", Prompt(inspector).GetAttribute("aria-invalid"));
        Assert.Contains("nobody", inspector.Find("[data-pointer='/prompt'] .field-error").TextContent, StringComparison.Ordinal);

        await Prompt(inspector).ChangeAsync(new() { Value = "Answer {{ q " });
        Assert.NotEmpty(inspector.FindAll("[data-pointer='/prompt'] .field-error"));

        await Prompt(inspector).ChangeAsync(new() { Value = "Answer {{ q }}." });
        Assert.Empty(inspector.FindAll(".field-error"));
        Assert.Null(Prompt(inspector).GetAttribute("aria-invalid"));
    }

    [Fact]
    public async Task APrompt_SaysHowManyTokensItHas_AndMoreOnceItIsLonger()
    {
        var inspector = await OpenAsync("ask");
        int Tokens() => int.Parse(string.Concat(inspector.Find("[data-pointer='/prompt'] .tokens").TextContent.Where(char.IsAsciiDigit)), System.Globalization.CultureInfo.InvariantCulture);
        var before = Tokens();
        Assert.InRange(before, 1, 30);

        await Prompt(inspector).ChangeAsync(new() { Value = string.Join(' ', Enumerable.Repeat("Answer {{ q }} shortly.", 20)) });

        Assert.True(Tokens() > 3 * before, $"{before} before, {Tokens()} now");
    }

    [Fact]
    public async Task Names_BetweenBraces_AreOfferedWithTheirTypes_AndWhereTheyAreFrom()
    {
        var inspector = await OpenAsync("ask");
        var names = JsonElement.Parse(Prompt(inspector).GetAttribute("data-names")!).EnumerateArray()
            .Select(name => (name.GetProperty("Name").GetString(), name.GetProperty("Type").GetString(), name.GetProperty("From").GetString())).ToList();

        Assert.Contains(("words", "json", "Count words"), names);
        Assert.Contains(("count.value", "json", ""), names);
        Assert.Contains(names, name => name is ("q", "text", { Length: > 0 }));
    }

    [Fact]
    public async Task AStart_HasWhatARunIsStartedWith_AmongItsSettings()
    {
        var inspector = await OpenAsync("start");
        Assert.Equal("q", inspector.Find("#input-0").GetAttribute("value"));

        await inspector.FindAll("button").Single(button => button.TextContent.Trim() == "Add an input").ClickAsync();

        inspector.WaitForElement("#input-1");
        Assert.Equal(["q", "input"], inspector.Instance.State.Flow.Inputs.Select(input => input.Name));
    }

    [Fact]
    public async Task ALengthOfTime_IsANumberAndAUnit()
    {
        var inspector = await OpenAsync("check", Sent);
        AngleSharp.Dom.IElement Count() => inspector.Find("[data-pointer='/expires'] input");
        AngleSharp.Dom.IElement Unit() => inspector.Find("[data-pointer='/expires'] select");
        string? Expires() => inspector.Instance.State.Find("check")!.Node.Config!.Value.TryGetProperty("expires", out var expires) ? expires.GetString() : null;
        Assert.Equal(("36", "Hours"), (Count().GetAttribute("value"), Unit().GetAttribute("value")));

        await Count().ChangeAsync(new() { Value = "48" });
        Assert.Equal(("2.00:00:00", "Hours"), (Expires(), Unit().GetAttribute("value")));
        await Unit().ChangeAsync(new() { Value = "Minutes" });
        Assert.Equal(("00:48:00", "Minutes"), (Expires(), Unit().GetAttribute("value")));
        await Count().ChangeAsync(new() { Value = "soon" });
        Assert.Contains("no number", inspector.Find("[data-pointer='/expires'] .field-error").TextContent, StringComparison.Ordinal);
        Assert.Equal("00:48:00", Expires());
        await Count().ChangeAsync(new() { Value = "" });
        Assert.Null(Expires());
        Assert.Empty(inspector.FindAll("[data-pointer='/expires'] .field-error"));
    }

    [Fact]
    public async Task ALengthOfTime_CanBeWhatAStepSays()
    {
        var inspector = await OpenAsync("rest", Sent);
        AngleSharp.Dom.IElement Field(string part) => inspector.Find($"[data-pointer='/for'] {part}");
        string? For() => inspector.Instance.State.Find("rest")!.Node.Config is { } config && config.TryGetProperty("for", out var time) ? time.GetString() : null;
        Assert.Equal(("90", "Seconds"), (Field("input").GetAttribute("value"), Field("select").GetAttribute("value")));

        await Field("select").ChangeAsync(new() { Value = "" });
        Assert.Equal("00:01:30", Field("textarea").GetAttribute("value"));
        await Field("textarea").ChangeAsync(new() { Value = "{{ q }}" });
        Assert.Equal("{{ q }}", For());
        Assert.Empty(inspector.FindAll("[data-pointer='/for'] .field-error"));

        // A number of hours is not what it said: it is asked for anew.
        await Field("select").ChangeAsync(new() { Value = "Hours" });
        Assert.Null(For());
        await Field("input").ChangeAsync(new() { Value = "1.5" });
        Assert.Equal("01:30:00", For());
    }

    [Fact]
    public async Task ATimeLimit_IsANumberAndAUnit()
    {
        var inspector = await OpenAsync("tell", Sent);
        AngleSharp.Dom.IElement Unit() => inspector.Find("#timeout ~ select");
        TimeSpan? Limit() => inspector.Instance.State.Find("tell")!.Node.Policy?.Timeout;

        await Unit().ChangeAsync(new() { Value = "Minutes" });
        Assert.Null(Limit());
        await inspector.Find("#timeout").ChangeAsync(new() { Value = "2" });
        Assert.Equal(TimeSpan.FromMinutes(2), Limit());
        await inspector.Find("#timeout").ChangeAsync(new() { Value = "ever" });
        Assert.Contains(inspector.FindAll(".field-error"), error => error.TextContent.Contains("no number", StringComparison.Ordinal));
        Assert.Equal(TimeSpan.FromMinutes(2), Limit());
        await inspector.Find("#timeout").ChangeAsync(new() { Value = "" });
        Assert.Null(Limit());
    }

    [Fact]
    public async Task AStepWithWays_ShowsWhatTheChosenOneNeeds_AndWhatStillStandsThereOfAnother()
    {
        var inspector = await OpenAsync("tell", Sent);
        string[] Shown() => [.. inspector.FindAll(".body > [data-pointer]").Select(field => field.GetAttribute("data-pointer")!)];
        Assert.Equal(["/via", "/to", "/subject", "/text"], Shown());

        await inspector.Find("[data-pointer='/via'] select").ChangeAsync(new() { Value = "webhook" });
        Assert.Equal(["/via", "/connection", "/body", "/idempotent", "/subject"], Shown());
        Assert.Contains("no part of a webhook", inspector.Find("[data-pointer='/subject'] .field-error").TextContent, StringComparison.Ordinal);
    }

    private static AngleSharp.Dom.IElement Prompt(IRenderedComponent<Inspector> inspector) => inspector.Find("[data-pointer='/prompt'] textarea");

    private async Task<IRenderedComponent<Inspector>> OpenAsync(string node, string flow = Asked)
    {
        var owner = await OwnerAsync();
        var editor = await EditAsync(owner, await CreateAsync(owner, flow));
        editor.Select([node]);
        var inspector = Render<Inspector>(set => set.Add(one => one.State, editor).Add(one => one.Card, editor.Chosen!).AddCascadingValue(Scopes.Of(owner.Workspace, owner.User!.Value, Role.Owner)));
        // As the page around it does.
        editor.Changed += () => inspector.InvokeAsync(() => inspector.Render(set => set.Add(one => one.Card, editor.Chosen!)));
        return inspector;
    }
}
