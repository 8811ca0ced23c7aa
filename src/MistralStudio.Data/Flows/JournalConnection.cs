using System.Data;
using System.Data.Common;
using System.Globalization;
using MistralStudio.Core.Flows;

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

    private readonly Dictionary<string, DbCommand> _commands = new(StringComparer.Ordinal);
    private DbConnection? _connection;

    /// <summary>
    /// Writes the commits in one transaction; true where another loop has taken a run's place, and nothing of that commit was written. Throws
    /// where the transaction failed.
    /// </summary>
    public async Task<bool[]> CommitAsync(IReadOnlyList<RunCommit> commits)
    {
        _connection ??= await open();
        await using var transaction = await _connection.BeginTransactionAsync();
        var taken = new bool[commits.Count];
        for (var i = 0; i < commits.Count; i++)
        {
            taken[i] = !await WriteAsync(transaction, commits[i]);
        }

        await transaction.CommitAsync();
        return taken;
    }

    /// <summary>Ends the connection after a failure; the next commit opens another.</summary>
    public async Task CloseAsync()
    {
        foreach (var command in _commands.Values)
        {
            await command.DisposeAsync();
        }

        _commands.Clear();
        if (_connection is not null)
        {
            await _connection.DisposeAsync();
            _connection = null;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await CloseAsync();

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

    private async Task<int> RunAsync(DbTransaction transaction, string text, params (string Name, object? Value)[] values)
    {
        if (!_commands.TryGetValue(text, out var command))
        {
            command = _connection!.CreateCommand();
            command.CommandText = text;
            foreach (var (name, _) in values)
            {
                var parameter = command.CreateParameter();
                parameter.ParameterName = name;
                parameter.DbType = TypeOf(name);
                command.Parameters.Add(parameter);
            }

            command.Transaction = transaction;
            await command.PrepareAsync();
            _commands.Add(text, command);
        }

        command.Transaction = transaction;
        for (var i = 0; i < values.Length; i++)
        {
            command.Parameters[i].Value = values[i].Value ?? DBNull.Value;
        }

        return await command.ExecuteNonQueryAsync();
    }

    // Named, because a null tells no type.
    private static DbType TypeOf(string name) => name switch
    {
        "id" or "workspace" or "flow" or "by" or "document" => DbType.Guid,
        "at" or "clock" or "last" or "before" or "seq" or "input" or "output" => DbType.Int64,
        "attempt" or "step" or "version" => DbType.Int32,
        "payload" => DbType.Binary,
        _ => DbType.String,
    };
}
