using System.Data;
using System.Data.Common;
using System.Globalization;
using MistralStudio.Core.Flows;
using MistralStudio.Data.Storage;

namespace MistralStudio.Data.Flows;

/// <summary>The journal's own connection and its statements, which are the same in both databases. Used by one writer.</summary>
/// <param name="open">Opens a connection in the state that the journal wants.</param>
internal sealed class JournalConnection(Func<Task<DbConnection>> open) : IAsyncDisposable
{
    private const string Begin = """
        INSERT INTO "Runs" ("Id", "WorkspaceId", "FlowId", "Definition", "Version", "Status", "Trigger", "StartedBy", "StartedAt", "UpdatedAt", "LastSeq", "InputTokens", "OutputTokens")
        VALUES (@id, @workspace, @flow, @definition, @version, @status, @trigger, @by, @at, @at, 0, 0, 0)
        ON CONFLICT ("Id") DO NOTHING
        """;

    private const string Advance = """
        UPDATE "Runs" SET "LastSeq" = @last, "Status" = @status, "ClockAt" = @clock, "UpdatedAt" = @at WHERE "Id" = @id AND "LastSeq" = @before
        """;

    private const string Finish = """
        UPDATE "Runs" SET "EndedAt" = @at, "InputTokens" = @input, "OutputTokens" = @output, "Cost" = @cost,
            "ErrorCode" = @code, "ErrorMessage" = @message, "ErrorNext" = @next
        WHERE "Id" = @id
        """;

    private const string Add = """
        INSERT INTO "RunEvents" ("RunId", "Seq", "At", "Kind", "Node", "Attempt", "Step", "Payload")
        VALUES (@id, @seq, @at, @kind, @node, @attempt, @step, @payload)
        """;

    private const string Trace = """
        INSERT INTO "RunSources" ("DocumentId", "RunId", "Seq") VALUES (@document, @id, @seq)
        """;

    private readonly KeptConnection _kept = new(open, TypeOf);

    /// <summary>
    /// Writes the commits in one transaction; true where another loop has taken a run's place, and nothing of that commit was written. Throws
    /// where the transaction failed.
    /// </summary>
    public async Task<bool[]> CommitAsync(IReadOnlyList<RunCommit> commits)
    {
        await using var transaction = await _kept.BeginAsync(CancellationToken.None);
        var taken = new bool[commits.Count];
        for (var i = 0; i < commits.Count; i++)
        {
            taken[i] = !await WriteAsync(transaction, commits[i]);
        }

        await transaction.CommitAsync();
        return taken;
    }

    /// <inheritdoc cref="KeptConnection.CloseAsync"/>
    public Task CloseAsync() => _kept.CloseAsync();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _kept.DisposeAsync();

    private async Task<bool> WriteAsync(DbTransaction transaction, RunCommit commit)
    {
        var (first, last) = (commit.Events[0], commit.Events[^1]);
        var id = commit.Run.Value;
        if (first is RunStarted { Start: var start })
        {
            await RunAsync(
                transaction, Begin, ("id", id), ("workspace", start.Workspace.Value), ("flow", start.Flow.Value), ("definition", start.Definition), ("version", start.Version),
                ("status", commit.Status.ToString()), ("trigger", start.Trigger.ToString()), ("by", (start.StartedBy ?? start.Authority.User).Value), ("at", first.At.UtcTicks));
        }

        if (await RunAsync(
            transaction, Advance, ("last", last.Seq), ("status", commit.Status.ToString()), ("clock", commit.ClockAt?.UtcTicks), ("at", last.At.UtcTicks), ("id", id),
            ("before", first.Seq - 1)) == 0)
        {
            return false;
        }

        foreach (var one in commit.Events)
        {
            var payload = RunEventCodec.Payload(one);
            await RunAsync(
                transaction, Add, ("id", id), ("seq", one.Seq), ("at", one.At.UtcTicks), ("kind", one.Kind.ToString()), ("node", one.Node), ("attempt", one.Attempt),
                ("step", one.Step), ("payload", payload.Length == 0 ? null : payload));
            foreach (var document in RunEventValues.Sources(one))
            {
                await RunAsync(transaction, Trace, ("document", document.Value), ("id", id), ("seq", one.Seq));
            }
        }

        if (last is RunFinished finished)
        {
            await RunAsync(
                transaction, Finish, ("at", last.At.UtcTicks), ("input", finished.Usage.InputTokens), ("output", finished.Usage.OutputTokens),
                ("cost", finished.Usage.Cost?.ToString(CultureInfo.InvariantCulture)), ("code", finished.Error?.Code), ("message", finished.Error?.Message),
                ("next", finished.Error?.Next), ("id", id));
        }

        return true;
    }

    private Task<int> RunAsync(DbTransaction transaction, string text, params (string Name, object? Value)[] values) =>
        _kept.RunAsync(transaction, text, CancellationToken.None, values);

    private static DbType TypeOf(string name) => name switch
    {
        "id" or "workspace" or "flow" or "by" or "document" => DbType.Guid,
        "at" or "clock" or "last" or "before" or "seq" or "input" or "output" => DbType.Int64,
        "attempt" or "step" or "version" => DbType.Int32,
        "payload" => DbType.Binary,
        _ => DbType.String,
    };
}
