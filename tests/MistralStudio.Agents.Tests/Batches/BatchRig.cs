using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using MistralStudio.Agents.Batches;
using MistralStudio.Core;
using MistralStudio.Core.Agents;
using MistralStudio.Core.Batches;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Prompts;
using MistralStudio.Core.Security;
using MistralStudio.Core.Tables;
using MistralStudio.Tests.Shared.Fakes;

namespace MistralStudio.Agents.Tests.Batches;

/// <summary>One batch over a table in memory, and a model that says what a test wrote. Waits are a thousand times shorter.</summary>
internal sealed class BatchRig : IBatchWork, ITableStore, IAgentRunner
{
    private readonly Lock _gate = new();
    private readonly List<BatchResult> _results = [];
    private readonly ConcurrentQueue<string> _asked = new();
    private int _asking;

    public BatchRig(int rows, Func<BatchPlan, BatchPlan>? plan = null)
    {
        var made = new BatchPlan
        {
            Prompt = new PromptContent { Messages = [new(MessageRole.System, "Be short."), new(MessageRole.User, "Is {{word}} a word?")] },
            Columns = new Dictionary<string, string> { ["word"] = "word" },
        };
        made = plan is null ? made : plan(made);
        Batch = new Batch(
            BatchId.New(), WorkspaceId.New(), "Words", TableId.New(), made, UserId.New(), null, BatchState.Running, rows, 0, 0, BatchSpending.Zero, null, null, null,
            default, default, null, 1);
    }

    /// <summary>As it stands.</summary>
    public Batch Batch { get; set; }

    /// <summary>What a question is answered with, by the number of its row and how often that was asked about.</summary>
    public Func<int, int, CancellationToken, Task<AgentEvent[]>> Answer { get; set; } = (row, _, _) => Task.FromResult(Says($"answer {row}"));

    /// <summary>What whoever started it may do.</summary>
    public Func<Result<Caller>>? Rights { get; set; }

    /// <summary>Called before each commit.</summary>
    public Action<BatchProgress> Committing { get; set; } = _ => { };

    /// <summary>Questions, as the model was asked them.</summary>
    public IReadOnlyList<string> Asked => [.. _asked];

    /// <summary>Most that were asked at the same time.</summary>
    public int MostAtOnce { get; private set; }

    /// <summary>What is kept, by row.</summary>
    public IReadOnlyList<BatchResult> Results
    {
        get
        {
            lock (_gate)
            {
                return [.. _results.OrderBy(result => result.Row)];
            }
        }
    }

    public static AgentEvent[] Says(string text, int tokens = 10) =>
        [new AgentEvent.TextDelta(text), new AgentEvent.Completed("stop", [], new TokenUsage(tokens, 1), new TurnTimings(0, 0, 0, 0, 0, 0, 0))];

    public static AgentEvent[] Fails(string code, TimeSpan? retryAfter = null) => [new AgentEvent.Failed(new Error(code, $"{code}.", "Next.")) { RetryAfter = retryAfter }];

    /// <summary>Runs it until it stops by itself.</summary>
    public Task RunAsync(CancellationToken cancellationToken) => new BatchExecutor(this, this, this, new FastTime(), NullLogger<BatchExecutor>.Instance)
        .ExecuteAsync(BatchExecutor.Work(Batch.Id), new NoSignals(), cancellationToken);

    public Task<IReadOnlyList<BatchId>> ListRunningAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<BatchId>>(Batch.State == BatchState.Running ? [Batch.Id] : []);

    public Task<Batch?> FindAsync(BatchId id, CancellationToken cancellationToken) => Task.FromResult<Batch?>(Batch);

    public async IAsyncEnumerable<long> ListDoneAsync(BatchId id, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        foreach (var result in Results)
        {
            yield return result.Row;
        }
    }

    public Task<long?> CommitAsync(BatchId id, long revision, BatchProgress progress, IReadOnlyList<BatchResult> results, CancellationToken cancellationToken)
    {
        Committing(progress);
        lock (_gate)
        {
            if (Batch.Revision != revision || Batch.State != BatchState.Running)
            {
                return Task.FromResult<long?>(null);
            }

            Assert.Empty(results.Select(result => result.Row).Intersect(_results.Select(result => result.Row)));
            _results.AddRange(results);
            Batch = Batch with
            {
                State = progress.State, Succeeded = progress.Succeeded, Failed = progress.Failed, Spent = progress.Spent, Reason = progress.Reason, WaitsUntil = progress.WaitsUntil,
                Revision = revision + 1,
            };
            return Task.FromResult<long?>(revision + 1);
        }
    }

    public ValueTask<Result<Caller>> RightsOfAsync(Batch batch, CancellationToken cancellationToken) =>
        new(Rights?.Invoke() ?? new Caller(batch.Workspace, batch.StartedBy, RolePermissions.Of(Role.Member)));

    public Task<Result<StoredTable>> AddAsync(WorkspaceId workspace, string name, Stream content, UserId by, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<StoredTable?> FindAsync(WorkspaceId workspace, TableId id, UserId? addedBy, CancellationToken cancellationToken) =>
        Task.FromResult<StoredTable?>(new StoredTable(id, workspace, "words.csv", ["word"], Batch.Rows, [], "", Batch.StartedBy, default));

    public async IAsyncEnumerable<TableRow> ReadAsync(WorkspaceId workspace, TableId id, long first, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        for (var row = first; row < Batch.Rows; row++)
        {
            yield return new TableRow(row, [JsonSerializer.SerializeToElement($"w{row}")]);
        }
    }

    public async IAsyncEnumerable<AgentEvent> RunAsync(AgentTurn turn, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Assert.Equal("Be short.", turn.Instructions);
        var question = Assert.Single(turn.Messages).Text;
        lock (_gate)
        {
            _asked.Enqueue(question);
            MostAtOnce = Math.Max(MostAtOnce, ++_asking);
        }

        var row = int.Parse(question.Split(' ')[1][1..], System.Globalization.CultureInfo.InvariantCulture);
        try
        {
            foreach (var happened in await Answer(row, _asked.Count(other => other == question), cancellationToken))
            {
                yield return happened;
            }
        }
        finally
        {
            lock (_gate)
            {
                _asking--;
            }
        }
    }
}
