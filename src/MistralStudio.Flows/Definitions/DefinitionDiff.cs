using System.Text.Json;
using MistralStudio.Core;
using MistralStudio.Core.Flows;

namespace MistralStudio.Flows.Definitions;

/// <summary>What happened to a part of a flow between two definitions.</summary>
public enum ChangeKind
{
    Added,
    Removed,
    Changed,
}

/// <summary>Which part it happened to.</summary>
public enum ChangedPart
{
    Node,
    Edge,
    Input,
    Budget,
    Notes,
}

/// <summary>A field that differs.</summary>
/// <param name="Pointer">JSON pointer into the part: <c>/config/prompt</c>.</param>
/// <param name="Before">Null where it was not there.</param>
/// <param name="After">Null where it is no longer there.</param>
public sealed record FieldChange(string Pointer, JsonElement? Before, JsonElement? After);

/// <summary>One difference between two definitions.</summary>
/// <param name="Path">Path of the node, <c>container: from → to</c> of the edge, name of the input; empty for the flow itself.</param>
/// <param name="Fields">What differs inside it; empty where all of it came or went.</param>
public sealed record FlowChange(ChangeKind Kind, ChangedPart Part, string Path, IReadOnlyList<FieldChange> Fields)
{
    /// <summary>True where only places on the canvas differ: the flow does the same.</summary>
    public bool IsLayout => Part == ChangedPart.Notes || (Fields.Count > 0 && Fields.All(one =>
        one.Pointer.StartsWith("/position", StringComparison.Ordinal) || one.Pointer.StartsWith("/size", StringComparison.Ordinal)));
}

/// <summary>Compares definitions by what they are made of. Nodes are the same where their ids are.</summary>
public static class DefinitionDiff
{
    /// <summary>Every difference: nodes in the order of the newer definition, then edges, inputs and the rest. None where both do the same.</summary>
    public static IReadOnlyList<FlowChange> Of(FlowDefinition before, FlowDefinition after)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(after);
        var changes = new List<FlowChange>();
        Compare(before.Nodes, after.Nodes, before.Edges, after.Edges, "", changes);
        Compare(before.Inputs, after.Inputs, input => input.Name, ChangedPart.Input, changes);
        CompareWhole(before.Budget, after.Budget, ChangedPart.Budget, changes);
        CompareWhole(before.Notes, after.Notes, ChangedPart.Notes, changes);
        return changes;
    }

    /// <summary>What differs between two states of a node, but for what is inside it.</summary>
    public static IReadOnlyList<FieldChange> Of(FlowNode before, FlowNode after)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(after);
        return Fields(before with { Body = null }, after with { Body = null });
    }

    private static void Compare(
        IReadOnlyList<FlowNode> before, IReadOnlyList<FlowNode> after, IReadOnlyList<FlowEdge> edgesBefore, IReadOnlyList<FlowEdge> edgesAfter, string prefix, List<FlowChange> changes)
    {
        // Bodies are compared node by node, not as a field.
        Compare(before, after, node => prefix + node.Id, ChangedPart.Node, changes, node => node with { Body = null });
        var old = before.GroupBy(node => node.Id, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.First(), StringComparer.Ordinal);
        foreach (var node in after.Where(node => old.ContainsKey(node.Id) && (node.Body ?? old[node.Id].Body) is not null))
        {
            var (was, now) = (old[node.Id].Body ?? new FlowBody(), node.Body ?? new FlowBody());
            Compare(was.Nodes, now.Nodes, was.Edges, now.Edges, $"{prefix}{node.Id}/", changes);
        }

        var container = prefix.Length == 0 ? "" : $"{prefix.TrimEnd('/')}: ";
        changes.AddRange(edgesBefore.Except(edgesAfter).Select(edge => new FlowChange(ChangeKind.Removed, ChangedPart.Edge, $"{container}{edge.From} → {edge.To}", [])));
        changes.AddRange(edgesAfter.Except(edgesBefore).Select(edge => new FlowChange(ChangeKind.Added, ChangedPart.Edge, $"{container}{edge.From} → {edge.To}", [])));
    }

    private static void Compare<T>(
        IReadOnlyList<T> before, IReadOnlyList<T> after, Func<T, string> name, ChangedPart part, List<FlowChange> changes, Func<T, T>? seen = null)
    {
        var old = before.GroupBy(name, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.First(), StringComparer.Ordinal);
        var there = after.Select(name).ToHashSet(StringComparer.Ordinal);
        changes.AddRange(before.Select(name).Where(one => !there.Contains(one)).Select(one => new FlowChange(ChangeKind.Removed, part, one, [])));
        foreach (var item in after)
        {
            if (!old.TryGetValue(name(item), out var was))
            {
                changes.Add(new FlowChange(ChangeKind.Added, part, name(item), []));
                continue;
            }

            var fields = Fields(seen is null ? was : seen(was), seen is null ? item : seen(item));
            if (fields.Count > 0)
            {
                changes.Add(new FlowChange(ChangeKind.Changed, part, name(item), fields));
            }
        }
    }

    private static void CompareWhole<T>(T before, T after, ChangedPart part, List<FlowChange> changes)
    {
        var fields = Fields(before, after);
        if (fields.Count > 0)
        {
            changes.Add(new FlowChange(before is null ? ChangeKind.Added : after is null ? ChangeKind.Removed : ChangeKind.Changed, part, "", fields));
        }
    }

    private static List<FieldChange> Fields<T>(T before, T after)
    {
        var fields = new List<FieldChange>();
        Walk(JsonSerializer.SerializeToElement(before, FlowJson.Relaxed), JsonSerializer.SerializeToElement(after, FlowJson.Relaxed), "", fields);
        return fields;
    }

    private static void Walk(JsonElement? before, JsonElement? after, string pointer, List<FieldChange> fields)
    {
        if (before is { ValueKind: JsonValueKind.Object } was && after is { ValueKind: JsonValueKind.Object } now)
        {
            foreach (var name in was.EnumerateObject().Concat(now.EnumerateObject()).Select(member => member.Name).Distinct(StringComparer.Ordinal))
            {
                Walk(
                    was.TryGetProperty(name, out var one) ? one : null, now.TryGetProperty(name, out var other) ? other : null,
                    $"{pointer}/{name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal)}", fields);
            }
        }
        else if (!Same(before, after))
        {
            fields.Add(new FieldChange(pointer, before, after));
        }
    }

    private static bool Same(JsonElement? before, JsonElement? after) =>
        before is { } one && after is { } other ? CanonicalJson.Write(one).AsSpan().SequenceEqual(CanonicalJson.Write(other)) : before is null && after is null;
}
