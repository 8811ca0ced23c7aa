using System.Data;
using System.Data.Common;

namespace MistralStudio.Data.Storage;

/// <summary>
/// A connection that is kept open with its prepared statements, for what is committed so often that EF's share would be the greater part of it. Its
/// statements are the same in both databases. Used by one writer at a time.
/// </summary>
/// <param name="open">Opens a connection in the state that the writer wants.</param>
/// <param name="typeOf">The type of a parameter, by its name: a null tells none.</param>
internal sealed class KeptConnection(Func<Task<DbConnection>> open, Func<string, DbType> typeOf) : IAsyncDisposable
{
    private readonly Dictionary<string, DbCommand> _commands = new(StringComparer.Ordinal);
    private DbConnection? _connection;

    /// <summary>Begins a transaction, and the connection where there is none.</summary>
    public async Task<DbTransaction> BeginAsync(CancellationToken cancellationToken)
    {
        _connection ??= await open();
        return await _connection.BeginTransactionAsync(cancellationToken);
    }

    /// <summary>Runs a statement with its values, which it names in the same order each time; gives how many rows it changed.</summary>
    public async Task<int> RunAsync(DbTransaction transaction, string text, CancellationToken cancellationToken, params (string Name, object? Value)[] values)
    {
        if (!_commands.TryGetValue(text, out var command))
        {
            command = _connection!.CreateCommand();
            command.CommandText = text;
            foreach (var (name, _) in values)
            {
                var parameter = command.CreateParameter();
                parameter.ParameterName = name;
                parameter.DbType = typeOf(name);
                command.Parameters.Add(parameter);
            }

            command.Transaction = transaction;
            await command.PrepareAsync(cancellationToken);
            _commands.Add(text, command);
        }

        command.Transaction = transaction;
        for (var i = 0; i < values.Length; i++)
        {
            command.Parameters[i].Value = values[i].Value ?? DBNull.Value;
        }

        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Ends the connection after a failure; the next transaction opens another.</summary>
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
}
