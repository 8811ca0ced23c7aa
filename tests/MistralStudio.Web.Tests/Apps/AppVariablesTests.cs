using Bunit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using MistralStudio.Core.Apps;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Models;
using MistralStudio.Core.Prompts;
using MistralStudio.Core.Security;
using MistralStudio.Data.Accounts;
using MistralStudio.Web.Features.Apps;
using MistralStudio.Web.Features.Chat;
using MistralStudio.Web.Tests.Api;
using TestContext = Xunit.TestContext;

namespace MistralStudio.Web.Tests.Apps;

/// <summary>What readers of an app fill in where it answers with a prompt that has variables.</summary>
public sealed class AppVariablesTests(ApiStudio studio) : IClassFixture<ApiStudio>
{
    private static readonly PromptContent s_content = new()
    {
        Messages = [new(MessageRole.System, "Be {{tone}}, {{length}} words, {{sure}}."), new(MessageRole.User, "{{question}}")],
        Variables = [new("tone", PromptVariableKind.Choice, "How to sound") { Choices = ["kind", "short"] }, new("length", PromptVariableKind.Number, Default: "50"), new("sure", PromptVariableKind.Boolean)],
    };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AReader_FillsThemInBeforeTheFirstQuestion_AndFindsThemWithTheConversationAgain()
    {
        var (version, owner) = await PublishAsync("Reading", new Dictionary<string, string> { ["sure"] = "true" });
        await using var reader = await OpenAsync(version, owner);
        Assert.Equal(["tone", "length", "sure"], reader.Variables.Asked.Select(variable => variable.Name));
        Assert.Equal(["", "50", "true"], reader.Variables.Asked.Select(reader.Variables.ValueOf));

        studio.Chat = new(_ => "Hello");
        Assert.False(await reader.Chat.SendAsync("Who?", Token));
        Assert.Equal(("app.not_filled_in", "\"Tone\" is not filled in."), (reader.Chat.Error!.Code, reader.Chat.Error.Message));
        Fill(reader, "tone", "loud");
        Assert.False(await reader.Chat.SendAsync("Who?", Token));
        Assert.Equal(("app.filled_in_wrong", "The value of \"Tone\" has to be one of \"kind\", \"short\"."), (reader.Chat.Error!.Code, reader.Chat.Error.Message));
        Assert.Empty(studio.Chat.Requests);

        Fill(reader, "tone", "kind");
        Fill(reader, "length", "9");
        Assert.True(await reader.Chat.SendAsync("Who?", Token));
        await reader.Chat.WhenIdleAsync();
        Assert.Equal(["Be kind, 9 words, true.", "Who?"], studio.Chat.Requests[^1].Messages.Select(message => message.Text));

        // What is changed later holds for the next answer; an emptied field is its default.
        Fill(reader, "length", "");
        await reader.Chat.SendAsync("And?", Token);
        await reader.Chat.WhenIdleAsync();
        Assert.Equal(["Be kind, 50 words, true.", "Who?", "Hello", "And?"], studio.Chat.Requests[^1].Messages.Select(message => message.Text));

        await using var again = await OpenAsync(version, owner);
        await again.ReadPastAsync(Token);
        await again.OpenAsync(Assert.Single(again.Past).Id, Token);
        Assert.Equal(["kind", "50", "true"], again.Variables.Asked.Select(again.Variables.ValueOf));
        await again.Chat.ClearAsync();
        Assert.Equal("kind", again.Variables.ValueOf(again.Variables.Asked[0]));
    }

    [Fact]
    public async Task TheBuilder_SaysWhatReadersAreAskedFor_AndKeepsWhatIsFilledIn()
    {
        var (version, owner) = await PublishAsync("Building", null);
        var services = studio.Services;
        var state = new AppBuilderState(
            services.GetRequiredService<IAppStore>(), services.GetRequiredService<IKnowledgeStore>(), services.GetRequiredService<IModelRouter>(), services.GetRequiredService<IPromptStore>(),
            new Caller(owner.Workspace, owner.User, RolePermissions.Of(Role.Owner)));
        Assert.True(await state.LoadAsync(version.App, Token));
        Assert.Equal(["tone", "length", "sure"], state.Variables.Select(variable => variable.Name));
        Assert.False(state.IsDirty);

        state.Form.Fill("tone", "kind");
        Assert.True(state.IsDirty);
        Assert.True(await state.SaveAsync(Token));
        Assert.False(state.IsDirty);
        Assert.Equal([AppPart.Values], state.Changes);
        Assert.Equal("kind", (await services.GetRequiredService<IAppStore>().FindAsync(owner.Workspace, version.App, Token))!.Draft.Values!["tone"]);
        state.Form.Fill("tone", "");
        Assert.True(await state.PublishAsync(Token));
        Assert.False(state.HasNews);
        state.Form.Model = "default";
        await state.ReadVariablesAsync(Token);
        Assert.Empty(state.Variables);
    }

    [Fact]
    public async Task TheForm_HasAFieldOfEachKind_SaysWhatDoesNotFit_AndFoldsUpAfterwards()
    {
        await using var page = new BunitContext();
        page.JSInterop.Mode = JSRuntimeMode.Loose;
        page.Services.AddLogging();
        page.Services.AddLocalization();
        var variables = AppVariables.Of([.. PromptTemplates.Variables(s_content).SkipLast(1), new("due_date", PromptVariableKind.Json, "As JSON")], null);
        var form = page.Render<AppFields>(set => set.Add(one => one.Variables, variables).Add(one => one.IsFirst, true));

        Assert.Equal(["Tone", "Length", "Sure", "Due date"], form.FindAll("label").Select(label => label.TextContent));
        Assert.Equal(["", "kind", "short"], form.FindAll("select")[0].QuerySelectorAll("option").Select(option => option.GetAttribute("value")));
        Assert.Equal("How to sound", form.Find($"#{form.Find("select").GetAttribute("aria-describedby")}").TextContent);
        form.Find("[data-variable=length] input").Change("many");
        Assert.Equal("Give a number.", form.Find("[data-variable=length] .field-error").TextContent);
        form.Find("[data-variable=length] input").Change("12");
        Assert.Empty(form.FindAll(".field-error"));
        form.Find("[data-variable=tone] select").Change("kind");
        Assert.Equal("kind", variables.Values["tone"]);

        form.Render(set => set.Add(one => one.IsFirst, false));
        Assert.StartsWith("Tone: kind · Length: 12", form.Find("summary").TextContent.Trim(), StringComparison.Ordinal);
    }

    private static void Fill(ReaderState reader, string name, string value)
    {
        reader.Variables.Give(name, value);
        reader.Fill();
    }

    private async Task<ReaderState> OpenAsync(AppVersion version, Membership owner)
    {
        var services = studio.Services;
        var variables = await AppVariables.ReadAsync(services.GetRequiredService<IPromptStore>(), version.Workspace, version.Definition, Token);
        return ReaderState.ForMember(
            version, variables, owner.User, _ => Task.FromResult(true), services.GetRequiredService<IAppStore>(), services.GetRequiredService<ChatTurns>(),
            services.GetRequiredService<IConversationStore>(), services.GetRequiredService<IFeedbackStore>(), TimeProvider.System, NullLogger.Instance);
    }

    private async Task<(AppVersion Version, Membership Owner)> PublishAsync(string name, IReadOnlyDictionary<string, string>? values)
    {
        using var started = studio.CreateClient();
        var owner = (await studio.Services.GetRequiredService<AccountStore>().FindDefaultOwnerAsync(Token))!;
        var prompt = (await studio.Services.GetRequiredService<IPromptStore>().CreateAsync(owner.Workspace, PromptForm.Named(name), s_content, "", owner.User, Token)).Value;
        var apps = studio.Services.GetRequiredService<IAppStore>();
        var app = (await apps.CreateAsync(owner.Workspace, name, new AppDefinition(prompt.Reference, "", [], "", GenerationSettings.Default) { Values = values }, owner.User, Token)).Value;
        return ((await apps.PublishAsync(owner.Workspace, app.Id, owner.User, Token)).Value, owner);
    }
}
