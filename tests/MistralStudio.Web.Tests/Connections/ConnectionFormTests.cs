using System.Collections.Frozen;
using Bunit;
using Microsoft.Extensions.DependencyInjection;
using MistralStudio.Core.Connections;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Models;
using MistralStudio.Core.Security;
using MistralStudio.Tests.Shared.Fakes;
using MistralStudio.Web.Features.Connections;

namespace MistralStudio.Web.Tests.Connections;

public sealed class ConnectionFormTests : BunitContext
{
    private const string Key = "sk-0123456789";

    private readonly FakeConnections _fake = new();
    private readonly FakeMoves _moves = new();
    private readonly ConnectionsState _state;

    public ConnectionFormTests()
    {
        Services.AddLogging();
        Services.AddLocalization();
        _state = State(Role.Owner);
    }

    private static CancellationToken Token => Xunit.TestContext.Current.CancellationToken;

    [Fact]
    public async Task APreset_FillsTheAddress_AndLeavesWhatWasTyped()
    {
        var form = await OpenAsync(null);
        form.Find("select").Change("mistral");
        Assert.Equal(("Mistral", "https://api.mistral.ai/v1"), (_state.Draft!.Name, _state.Draft.Address));
        form.FindAll("input")[1].Input("https://proxy.example.com/v1");
        form.Find("select").Change("azure");
        Assert.Equal(("Azure OpenAI", "https://proxy.example.com/v1"), (_state.Draft.Name, _state.Draft.Address));
        Assert.Contains("API version", form.Markup, StringComparison.Ordinal);
        Assert.DoesNotContain("List models", form.Markup, StringComparison.Ordinal);
        form.Find("select").Change("ollama");
        Assert.DoesNotContain("API version", form.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AServerThatFlowsSpeakTo_AsksForNoModels()
    {
        var form = await OpenAsync(null);
        form.Find("select").Change("webhook");
        Assert.Contains("Signing secret", form.Markup, StringComparison.Ordinal);
        Assert.Empty(form.FindAll("fieldset.models"));
        Assert.DoesNotContain("Header of the key", form.Markup, StringComparison.Ordinal);

        form.Find("select").Change("http");
        form.FindAll("input")[0].Input("Orders");
        form.FindAll("input")[1].Input("https://api.example.com/v1");
        form.Find("#connection-key").Input(Key);
        form.Find("input[placeholder=Authorization]").Input("X-Api-Key");
        await form.Find("form").SubmitAsync();

        var kept = Assert.Single(_fake.Kept).Settings;
        Assert.Equal((ConnectionKind.Http, "X-Api-Key", 0), (kept.Kind, kept.KeyHeader, kept.Models.Count));
        Assert.Equal("http", ConnectionPreset.Of(kept).Id);
    }

    [Fact]
    public async Task ModelsThatTheServerLists_AreTicked_PricedAndSaved_WithTheKeyOnce()
    {
        var form = await OpenAsync(null);
        form.Find("#connection-key").Input(Key);
        form.FindAll("button").First(button => button.TextContent == "List models").Click();
        form.WaitForElement(".offered input");
        form.FindAll(".offered input")[1].Change(true);
        form.Find(".priced:not(.head) input[type=number]").Change("2.5");
        // Its name does not say that it reads images; somebody does.
        form.Find(".priced:not(.head) input[type=checkbox]").Change(true);
        await form.Find("form").SubmitAsync();

        var kept = Assert.Single(_fake.Kept);
        Assert.Equal([new ConnectionModel("small", new ModelPrice(2.5m, 0)) { ReadsImages = true }], kept.Settings.Models);
        Assert.Equal([Key], _fake.Keys);
        Assert.Null(_state.Draft);
    }

    [Fact]
    public async Task AModelWhoseNameSaysSo_IsTakenToEmbed_AndIsWhatThePersonSays()
    {
        await OpenAsync(null);
        _state.Draft!.Toggle("text-embedding-3-small", chosen: true);
        _state.Draft.Toggle("gpt-4o", chosen: true);
        var form = await OpenAsync((await _state.SaveAsync(Token))!);
        var chosen = form.FindAll(".priced:not(.head) select").Select(select => select.GetAttribute("value")).ToList();
        Assert.Equal(["embedding", "chat"], chosen);
        Assert.All(form.FindAll(".priced:not(.head) select"), select => Assert.Equal(
            ["chat", "embedding"], select.Children.Select(option => option.GetAttribute("value"))));

        form.Find(".priced:not(.head) select").Change("chat");
        await form.Find("form").SubmitAsync();
        Assert.All(_fake.Kept[0].Settings.Models, model => Assert.Equal(ModelTask.Chat, model.Task));
    }

    [Fact]
    public async Task AKeptKey_IsNotShown_IsKeptWhenNothingIsTyped_AndForgottenWhenAsked()
    {
        await OpenAsync(null);
        _state.Draft!.Key = Key;
        var kept = (await _state.SaveAsync(Token))!;

        var form = await OpenAsync(kept);
        Assert.Contains("Kept since", form.Find("#connection-key").GetAttribute("placeholder"), StringComparison.Ordinal);
        Assert.DoesNotContain(Key, form.Markup, StringComparison.Ordinal);
        Assert.Equal("password", form.Find("#connection-key").GetAttribute("type"));
        await form.Find("form").SubmitAsync();

        form = await OpenAsync(_fake.Kept[0]);
        form.FindAll("input[type=checkbox]")[0].Change(true);
        await form.Find("form").SubmitAsync();
        Assert.Equal([Key, null, ""], _fake.Keys);
    }

    [Fact]
    public async Task WhatIsWrong_StandsInTheForm_WhichKeepsWhatWasTyped()
    {
        var form = await OpenAsync(null);
        form.FindAll("input")[1].Input("nowhere");
        await form.Find("form").SubmitAsync();
        Assert.Contains("This is no address of a server.", form.Markup, StringComparison.Ordinal);

        form.FindAll("input")[1].Input("https://api.example.com/v1");
        _fake.SaveFails = ConnectionErrors.SlugTaken("openai");
        await form.Find("form").SubmitAsync();
        Assert.Contains("Another connection is called", form.Markup, StringComparison.Ordinal);
        Assert.Equal("https://api.example.com/v1", _state.Draft!.Address);

        _fake.Lists = ConnectionErrors.Unauthorized("new");
        form.FindAll("button").First(button => button.TextContent == "List models").Click();
        form.WaitForAssertion(() => Assert.Contains("refused its key", form.Markup, StringComparison.Ordinal));
    }

    [Fact]
    public async Task StandIns_AreAsked_InTheOrderThatIsSet()
    {
        var form = await OpenAsync(null);
        _state.Draft!.Fallback.Add("other/large");
        form.Find(".more select").Change("scripted");
        form.FindAll(".more .ib").First(button => button.GetAttribute("aria-label") == "Ask scripted earlier").Click();
        Assert.Equal(["scripted", "other/large"], _state.Draft.Fallback);
    }

    [Fact]
    public async Task ATest_IsRemembered_AndOnlyAnOwnerAllowsHosts()
    {
        await OpenAsync(null);
        _fake.Tests = ConnectionErrors.Unauthorized("made");
        var kept = (await _state.SaveAsync(Token))!;
        await _state.TestAsync(kept, Token);
        Assert.Equal("connection.unauthorized", _state.OutcomeOf(kept)!.Value.Error!.Code);
        Assert.True(await _state.AllowAsync("localhost:11434", Token));
        Assert.False(await _state.AllowAsync("localhost", Token));
        Assert.Equal("egress.no_place", _state.Error!.Code);

        var admin = State(Role.Admin);
        Assert.False(admin.MayAllow);
        await Assert.ThrowsAsync<UnauthorizedAccessException>(() => admin.AllowAsync("localhost:11434", Token));
        await Assert.ThrowsAsync<UnauthorizedAccessException>(() => State(Role.Builder).LoadAsync(Token));
    }

    [Fact]
    public async Task WhatIsElsewhere_IsNotMarkedToStay_AndItIsSaidWhy()
    {
        _moves.Elsewhere = new Core.Error("index.base_elsewhere", "Vectors of \"Base\" are elsewhere.", "Move them back first.");
        await _state.KeepAsync(true, Token);
        Assert.Equal("index.base_elsewhere", _state.Error?.Code);
        Assert.False(_state.Stays);

        // Letting it go asks nothing.
        await _state.KeepAsync(false, Token);
        Assert.Null(_state.Error);
        _moves.Elsewhere = null;
        await _state.KeepAsync(true, Token);
        Assert.Null(_state.Error);
        Assert.True(_state.Stays);
    }

    private ConnectionsState State(Role role) => new(
        _fake,
        _fake,
        _fake,
        _fake,
        new InMemoryKnowledge(),
        new FakeModelRouter(new ScriptedChatClient(_ => "")),
        _moves,
        new Caller(WorkspaceId.New(), UserId.New(), RolePermissions.Of(role).ToFrozenSet(StringComparer.Ordinal)));

    private async Task<IRenderedComponent<ConnectionForm>> OpenAsync(Connection? connection)
    {
        await _state.OpenAsync(connection, Token);
        return Render<ConnectionForm>(parameters => parameters.Add(form => form.State, _state).Add(form => form.Draft, _state.Draft!));
    }
}
