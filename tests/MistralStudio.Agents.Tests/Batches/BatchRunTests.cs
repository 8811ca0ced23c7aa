using System.Collections.Concurrent;
using MistralStudio.Core.Batches;
using static MistralStudio.Agents.Tests.Batches.BatchRig;

namespace MistralStudio.Agents.Tests.Batches;

public sealed class BatchRunTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task EveryRow_IsAskedAboutOnce_WithItsCells()
    {
        var rig = new BatchRig(100);
        await rig.RunAsync(Token);

        Assert.Equal(BatchState.Done, rig.Batch.State);
        Assert.Equal((100, 0), (rig.Batch.Succeeded, rig.Batch.Failed));
        Assert.Equal(Enumerable.Range(0, 100).Select(row => $"Is w{row} a word?").Order(), rig.Asked.Order());
        Assert.All(rig.Results, result => Assert.Equal($"answer {result.Row}", result.Text));
        Assert.Equal(new BatchSpending(100, 1_000, 100, 0), rig.Batch.Spent);
    }

    [Fact]
    public async Task Rows_AreAskedAboutSideBySide_AndNeverMoreThanAllowed()
    {
        var rig = new BatchRig(30, plan => plan with { Parallelism = 3 });
        using var three = new Barrier(3);
        rig.Answer = async (row, _, token) =>
        {
            await Task.Run(() => three.SignalAndWait(token), token);
            return Says($"answer {row}");
        };
        await rig.RunAsync(Token);

        Assert.Equal(3, rig.MostAtOnce);
        Assert.Equal(30, rig.Batch.Succeeded);
    }

    [Fact]
    public async Task RowsWithAnOutcome_AreNotAskedAboutAgain()
    {
        var rig = new BatchRig(10, plan => plan with { Budget = new BatchBudget(Rows: 4) });
        await rig.RunAsync(Token);
        Assert.Equal((BatchState.Paused, "batch.budget_reached", 4), (rig.Batch.State, rig.Batch.Reason!.Code, rig.Batch.Succeeded));

        rig.Batch = rig.Batch with { State = BatchState.Running, Plan = rig.Batch.Plan with { Budget = BatchBudget.None } };
        await rig.RunAsync(Token);

        Assert.Equal(BatchState.Done, rig.Batch.State);
        Assert.Equal(10, rig.Asked.Count);
    }

    [Fact]
    public async Task ABudgetOfTokens_IsNotOverstepped_ByWhatIsInFlight()
    {
        var rig = new BatchRig(1_000, plan => plan with { Parallelism = 16, Budget = new BatchBudget(Tokens: 1_000) });
        rig.Answer = (row, _, _) => Task.FromResult(Says("a", tokens: 9));
        await rig.RunAsync(Token);

        Assert.Equal(BatchState.Paused, rig.Batch.State);
        Assert.Equal(1_000, rig.Batch.Spent.Tokens);
    }

    [Fact]
    public async Task ARowThatFails_StandsAlone_AndTheOthersGoOn()
    {
        var rig = new BatchRig(5);
        rig.Answer = (row, _, _) => Task.FromResult(row == 2 ? Fails("model.prompt_too_long") : Says("a"));
        await rig.RunAsync(Token);

        Assert.Equal((BatchState.Done, 4, 1), (rig.Batch.State, rig.Batch.Succeeded, rig.Batch.Failed));
        Assert.Equal("model.prompt_too_long", rig.Results[2].Error!.Code);
        Assert.Null(rig.Batch.Reason);
    }

    [Fact]
    public async Task AModelThatIsDown_IsWaitedFor_AndThatIsSaid()
    {
        var rig = new BatchRig(8, plan => plan with { Parallelism = 4 });
        var said = new ConcurrentQueue<(string Code, bool Waits)>();
        rig.Committing = progress =>
        {
            if (progress.Reason is { } reason)
            {
                said.Enqueue((reason.Code, progress.WaitsUntil is not null));
            }
        };
        var calls = 0;
        rig.Answer = (row, _, _) => Task.FromResult(Interlocked.Increment(ref calls) <= 10 ? Fails("egress.unreachable") : Says("a"));
        await rig.RunAsync(Token);

        Assert.Equal((BatchState.Done, 8, 0), (rig.Batch.State, rig.Batch.Succeeded, rig.Batch.Failed));
        Assert.Contains(("egress.unreachable", true), said);
        // The first four at once, then one at a time finds out whether it answers again.
        Assert.Equal(18, calls);
    }

    [Fact]
    public async Task ARowThatAlwaysBreaksTheModel_FailsInTheEnd_AndHoldsUpNoOther()
    {
        var rig = new BatchRig(40);
        rig.Answer = (row, _, _) => Task.FromResult(row == 3 ? Fails("connection.failed") : Says("a"));
        await rig.RunAsync(Token);

        Assert.Equal((BatchState.Done, 39, 1), (rig.Batch.State, rig.Batch.Succeeded, rig.Batch.Failed));
        Assert.InRange(rig.Results[3].Attempts, RowRetry.MostAttempts, RowRetry.MostAttemptsAlone);
    }

    [Fact]
    public async Task TheLastRow_IsNotWaitedForWithoutEnd()
    {
        var rig = new BatchRig(2);
        rig.Answer = (row, _, _) => Task.FromResult(row == 1 ? Fails("connection.failed") : Says("a"));
        await rig.RunAsync(Token);

        Assert.Equal((BatchState.Done, 1, 1), (rig.Batch.State, rig.Batch.Succeeded, rig.Batch.Failed));
        Assert.InRange(rig.Results[1].Attempts, RowRetry.MostAttempts, RowRetry.MostAttemptsAlone);
    }

    [Fact]
    public async Task WhatNoRowCanChange_PausesTheBatch_BeforeTheOthersAreSpent()
    {
        var rig = new BatchRig(1_000, plan => plan with { Parallelism = 4 });
        rig.Answer = (_, _, _) => Task.FromResult(Fails("connection.unauthorized"));
        await rig.RunAsync(Token);

        Assert.Equal((BatchState.Paused, "connection.unauthorized"), (rig.Batch.State, rig.Batch.Reason!.Code));
        Assert.Empty(rig.Results);
        Assert.InRange(rig.Asked.Count, 1, 4);
    }

    [Fact]
    public async Task RowsThatAllFailAlike_PauseTheBatch()
    {
        var rig = new BatchRig(1_000, plan => plan with { Parallelism = 1 });
        rig.Answer = (_, _, _) => Task.FromResult(Fails("model.template_refused"));
        await rig.RunAsync(Token);

        Assert.Equal((BatchState.Paused, "batch.all_alike", RowRetry.AlikeBeforePause), (rig.Batch.State, rig.Batch.Reason!.Code, rig.Batch.Failed));
    }

    [Fact]
    public async Task RightsThatAreTaken_StopWhatIsAsked_AndPauseTheBatch()
    {
        var rig = new BatchRig(10);
        var isGone = false;
        rig.Rights = () => isGone ? BatchErrors.StarterGone() : new Core.Security.Caller(rig.Batch.Workspace, rig.Batch.StartedBy, Core.Security.RolePermissions.Of(Core.Security.Role.Member));
        var stopped = 0;
        rig.Answer = async (_, _, token) =>
        {
            isGone = true;
            try
            {
                await Task.Delay(Timeout.Infinite, token);
            }
            finally
            {
                Interlocked.Increment(ref stopped);
            }

            return [];
        };
        await rig.RunAsync(Token);

        Assert.Equal((BatchState.Paused, "batch.starter_gone"), (rig.Batch.State, rig.Batch.Reason!.Code));
        Assert.Equal(rig.Asked.Count, stopped);
        Assert.Empty(rig.Results);
    }

    [Fact]
    public async Task AViewer_RunsNothing()
    {
        var rig = new BatchRig(10);
        rig.Rights = () => new Core.Security.Caller(rig.Batch.Workspace, rig.Batch.StartedBy, Core.Security.RolePermissions.Of(Core.Security.Role.Viewer));
        await rig.RunAsync(Token);
        Assert.Equal((BatchState.Paused, "batch.starter_gone"), (rig.Batch.State, rig.Batch.Reason!.Code));
        Assert.Empty(rig.Asked);
    }

    [Fact]
    public async Task ABatchThatSomebodyEnded_IsNotWrittenOver()
    {
        var rig = new BatchRig(100);
        rig.Committing = progress =>
        {
            if (progress.Succeeded >= 10)
            {
                rig.Batch = rig.Batch with { State = BatchState.Cancelled, Revision = rig.Batch.Revision + 1 };
            }
        };
        await rig.RunAsync(Token);

        Assert.Equal(BatchState.Cancelled, rig.Batch.State);
        Assert.InRange(rig.Results.Count, 0, 10);
    }

    [Fact]
    public async Task AnEmptyCell_IsTheDefaultOfItsVariable()
    {
        var rig = new BatchRig(1, plan => plan with
        {
            Prompt = plan.Prompt with { Messages = [new(Core.Conversations.MessageRole.System, "Be short."), new(Core.Conversations.MessageRole.User, "Is w0 {{tone}}? {{word}}")], Variables = [new("tone", Default: "kind")] },
            Values = new Dictionary<string, string>(),
        });
        await rig.RunAsync(Token);
        Assert.Equal(["Is w0 kind? w0"], rig.Asked);
    }

    [Fact]
    public async Task AnAnswerThatMissesTheForm_IsAFailedRow_AndWhatItCostIsCounted()
    {
        using var schema = System.Text.Json.JsonDocument.Parse("""{"type":"object","properties":{"label":{"enum":["good","bad"]}},"required":["label"]}""");
        var rig = new BatchRig(3, plan => plan with { Prompt = plan.Prompt with { Answer = new Core.Prompts.PromptSchema("verdict", schema.RootElement.Clone()) } });
        rig.Answer = (row, _, _) => Task.FromResult(Says(row switch { 0 => "{\"label\":\"good\"}", 1 => "{\"label\":\"fine\"}", _ => "It is good." }));
        await rig.RunAsync(Token);

        Assert.Equal([null, "batch.answer_against_form", "batch.answer_no_json"], rig.Results.Select(result => result.Error?.Code));
        Assert.Equal(33, rig.Batch.Spent.Tokens);
    }
}
