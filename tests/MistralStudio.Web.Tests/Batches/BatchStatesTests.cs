using System.Text;
using Microsoft.Extensions.DependencyInjection;
using MistralStudio.Agents.Batches;
using MistralStudio.Core.Batches;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Models;
using MistralStudio.Core.Prompts;
using MistralStudio.Core.Security;
using MistralStudio.Data.Accounts;
using MistralStudio.Tests.Shared.Fakes;
using MistralStudio.Web.Features.Batches;
using MistralStudio.Web.Features.BatchesApi;
using MistralStudio.Web.Tests.Api;

namespace MistralStudio.Web.Tests.Batches;

/// <summary>The pages of batches without a browser, over the server as it is composed.</summary>
public sealed class BatchStatesTests : IAsyncLifetime
{
    private readonly ApiStudio _studio = new();
    private Caller _caller = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        using var started = _studio.CreateClient();
        var owner = (await Get<AccountStore>().FindDefaultOwnerAsync(Token))!;
        _caller = new Caller(owner.Workspace, owner.User, RolePermissions.Of(Role.Owner));
    }

    public ValueTask DisposeAsync() => _studio.DisposeAsync();

    [Fact]
    public async Task ThePromptOfThePlayground_IsBroughtAlong_WithItsValuesAndModel()
    {
        var draft = new ConversationDraft
        {
            Content = new PromptContent { Messages = [new(MessageRole.System, "Answer in {{language}}."), new(MessageRole.User, " ")] },
            Values = new Dictionary<string, string> { ["language"] = "French", ["empty"] = "" },
        };
        var conversation = await Get<IConversationStore>().CreateAsync(
            new NewConversation(_caller.Workspace, _caller.User!.Value, null, "Trying", "scripted", "", new GenerationSettings(Temperature: 0.5f), []) { Draft = draft }, Token);
        var state = New();
        await state.LoadAsync(null, Token);
        state.TakeDraft(conversation);
        await state.TakeAsync(await AddAsync("question\nWhich law?\n"), Token);

        var plan = state.Plan.Value;
        Assert.Equal((null, "scripted", 0.5f), (plan.Reference, plan.Prompt.Model, plan.Prompt.Settings.Temperature));
        Assert.Equal(["Answer in {{language}}.", "{{question}}"], plan.Prompt.Messages.Select(message => message.Text));
        Assert.Equal(("question", "French"), (plan.Columns["question"], plan.Values["language"]));
        Assert.Null(state.Missing);

        // Another choice leaves it where it is.
        await state.ChooseAsync("", Token);
        Assert.Equal((false, "prompt.empty"), (state.IsDraft, state.Missing?.Code));
        state.ChooseDraft();
        Assert.Null(state.Missing);
    }

    [Fact]
    public async Task ABatch_IsPutTogether_TriedOnItsFirstRows_Begun_AndLookedAt()
    {
        _studio.Chat = new ScriptedChatClient(asked => $"sum of {asked[^1].Text}");
        var state = New();
        await state.LoadAsync(null, Token);
        Assert.Equal("batch.no_table", state.Missing?.Code);
        await state.TakeAsync(await AddAsync("Review Text,lang\n" + string.Concat(Enumerable.Range(0, 6).Select(row => $"r{row},fr\n"))), Token);
        Assert.Equal("prompt.empty", state.Missing?.Code);

        state.Question = "{{tone}} {{review_text}}";
        state.Suggest();
        Assert.Equal("Review Text", state.Columns["review_text"]);
        Assert.Equal("batch.unmapped", state.Missing?.Code);
        state.Give("tone", "Kindly");
        Assert.Null(state.Missing);
        Assert.Equal(["Kindly r0", "Kindly r1", "Kindly r2"], state.Rows.Select(row => state.Fill(row).Value[^1].Text));
        state.MostRows = "nothing";
        Assert.Equal("batch.bad_budget", state.Missing?.Code);
        (state.MostRows, state.Parallelism) = ("", 1);

        await state.TryAsync(Token);
        Assert.Equal(3, state.Trial!.Count);
        Assert.All(state.Trial, tried => Assert.StartsWith("sum of Kindly", tried.Text, StringComparison.Ordinal));
        Assert.Empty((await Get<IBatchStore>().ListAsync(_caller.Workspace, null, null, null, 10, Token)).Items);

        var begun = await state.StartAsync(Token);
        var view = new BatchViewState(Get<IBatchStore>(), Get<ITableStore>(), Get<FilledRows>(), Get<BatchRuns>(), _caller);
        Assert.True(await view.LoadAsync(begun!.Value, Token));
        while (view.Batch!.State == BatchState.Running)
        {
            Token.ThrowIfCancellationRequested();
            await view.RefreshAsync(Token);
        }

        Assert.Equal((BatchState.Done, 6L), (view.Batch.State, view.Shown));
        Assert.Equal(["answer", "state", "error"], view.Adds);
        var rows = await view.ReadAsync(2, 2, Token);
        Assert.Equal([2, 3], rows.Select(row => row.Row.Number));
        Assert.Equal("sum of Kindly r2", view.Added(rows[0])[0]);
        view.Show(BatchRowState.Succeeded);
        Assert.Equal(view.Batch.Succeeded, (await view.ReadAsync(0, 10, Token)).Count);
        Assert.True(await view.DeleteAsync(Token));
    }

    [Fact]
    public async Task ASavedPrompt_IsTakenFromTheAddress_AtTheVersionThatItNames()
    {
        var prompts = Get<IPromptStore>();
        var content = new PromptContent { Messages = [new(Core.Conversations.MessageRole.User, "Say {{word}}")] };
        await prompts.CreateAsync(_caller.Workspace, PromptForm.Named("Echo"), content, "", _caller.User!.Value, Token);
        var state = New();
        await state.LoadAsync("echo@1", Token);
        Assert.Equal("prompt:echo@1", state.Reference);
        Assert.Equal(["word"], state.Variables.Select(variable => variable.Name));
        await state.ChooseAsync("prompt:echo@9", Token);
        Assert.Equal("prompt.version_not_found", state.Error?.Code);
        Assert.Equal("prompt:echo@1", state.Reference);
    }

    [Fact]
    public async Task WhatGoesOn_AndWhatWaitsForAPerson_IsAJob_UntilItIsCancelled()
    {
        _studio.Chat = new ScriptedChatClient(_ => "yes") { BeforeWord = token => Task.Delay(Timeout.Infinite, token) };
        var state = New();
        await state.LoadAsync(null, Token);
        await state.TakeAsync(await AddAsync("a\n1\n2\n"), Token);
        state.Question = "{{a}}";
        state.Suggest();
        var begun = (await state.StartAsync(Token))!.Value;
        var jobs = new BatchJobs(Get<IBatchStore>(), Get<BatchRuns>(), _caller);
        Assert.True(await jobs.RefreshAsync(Token));
        Assert.Equal(begun, Assert.Single(jobs.Running).Id);
        Assert.False(await jobs.RefreshAsync(Token));

        await jobs.CancelAsync(jobs.Running[0], Token);
        Assert.Empty(jobs.Running);
        var viewer = new BatchJobs(Get<IBatchStore>(), Get<BatchRuns>(), _caller with { Granted = RolePermissions.Of(Role.Viewer) });
        Assert.False(await viewer.RefreshAsync(Token));
    }

    private NewBatchState New() => new(Get<ITableStore>(), Get<IPromptStore>(), Get<IModelRouter>(), Get<BatchOrders>(), Get<BatchRuns>(), _caller);

    private async Task<Core.Ids.TableId> AddAsync(string csv) =>
        (await Get<ITableStore>().AddAsync(_caller.Workspace, "rows.csv", new MemoryStream(Encoding.UTF8.GetBytes(csv)), _caller.User!.Value, Token)).Value.Id;

    private T Get<T>()
        where T : notnull => _studio.Services.GetRequiredService<T>();
}
