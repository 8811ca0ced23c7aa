using System.Collections.Frozen;
using System.Text.Json;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Schemas;

namespace MistralStudio.Flows;

/// <summary>A type of node as it is installed here.</summary>
/// <param name="Executor">What runs it; null for those that the engine runs itself.</param>
public sealed record CatalogEntry(NodeType Type, JsonSchema Schema, INodeExecutor? Executor);

/// <summary>Every type of node that a flow may have here: those of this room, and those that other rooms registered.</summary>
public sealed class NodeCatalog
{
    private readonly FrozenDictionary<string, CatalogEntry> _entries;

    /// <exception cref="InvalidOperationException">Two types have one id, a type has no executor, or its schema or example is wrong.</exception>
    public NodeCatalog(IEnumerable<NodeType> types, IEnumerable<INodeExecutor> executors)
    {
        var byType = executors.ToDictionary(executor => executor.Type, StringComparer.Ordinal);
        var all = types.ToList();
        if (all.GroupBy(type => type.Id, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is { } twice)
        {
            throw new InvalidOperationException($"There are two node types \"{twice.Key}\": every type is registered once.");
        }

        _entries = all.Select(type => new CatalogEntry(type, SchemaOf(type), byType.GetValueOrDefault(type.Id)))
            .ToFrozenDictionary(entry => entry.Type.Id, StringComparer.Ordinal);
        if (_entries.Values.FirstOrDefault(entry => entry.Type.Role == NodeRole.Task && entry.Executor is null) is { } unable)
        {
            throw new InvalidOperationException($"The node type \"{unable.Type.Id}\" has no executor: register one beside it.");
        }
    }

    /// <summary>All, by id.</summary>
    public IEnumerable<CatalogEntry> Entries => _entries.Values.OrderBy(entry => entry.Type.Id, StringComparer.Ordinal);

    /// <summary>The type of an id; null where it is not installed.</summary>
    public CatalogEntry? Find(string id) => _entries.GetValueOrDefault(id);

    private static JsonSchema SchemaOf(NodeType type)
    {
        var schema = JsonSchema.Read(JsonElement.Parse(type.Schema));
        return schema.IsSuccess
            ? schema.Value
            : throw new InvalidOperationException($"The schema of the node type \"{type.Id}\" is wrong: {schema.Error.Message}");
    }
}
