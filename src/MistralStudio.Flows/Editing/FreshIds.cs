using MistralStudio.Flows.Definitions;

namespace MistralStudio.Flows.Editing;

/// <summary>Ids that are free beside the nodes that are there.</summary>
public static class FreshIds
{
    /// <summary>An id that is free: the stem, or the stem with a number.</summary>
    public static string Of(string stem, IReadOnlySet<string> taken)
    {
        ArgumentNullException.ThrowIfNull(stem);
        ArgumentNullException.ThrowIfNull(taken);
        var cut = stem.Length <= 56 ? stem : stem[..56];
        var id = cut;
        for (var number = 2; taken.Contains(id); number++)
        {
            id = $"{cut}-{number}";
        }

        return id;
    }

    /// <summary>Ids that cannot be given in a scope: those of its nodes, and of the container itself, which its edges name.</summary>
    public static HashSet<string> Taken(FlowDefinition definition, string scope)
    {
        var taken = (Scopes.Find(definition, scope)?.Nodes ?? []).Select(node => node.Id).ToHashSet(StringComparer.Ordinal);
        if (!string.IsNullOrEmpty(scope))
        {
            taken.Add(Scopes.Split(scope).Id);
        }

        return taken;
    }
}
