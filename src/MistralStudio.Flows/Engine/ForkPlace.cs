using System.Globalization;
using MistralStudio.Core.Flows;
using MistralStudio.Flows.Compilation;

namespace MistralStudio.Flows.Engine;

/// <summary>
/// The node from which on a fork does things anew, with what comes before it: beside it, beside the containers that it is in, and in their other rounds.
/// </summary>
internal sealed class ForkPlace
{
    private readonly List<Level> _levels;

    private ForkPlace(List<Level> levels) => _levels = levels;

    /// <summary>The place of a node; null where the plan has none there.</summary>
    /// <param name="path">Of its instance (<c>each[17]/draft</c>), or of all of them (<c>each/draft</c>).</param>
    public static ForkPlace? Find(ScopePlan root, string path)
    {
        var levels = new List<Level>();
        for (var (scope, steps) = (root, path.Split('/')); levels.Count < steps.Length;)
        {
            var (id, round) = Read(steps[levels.Count]);
            if (scope is null || scope.IndexOf.GetValueOrDefault(id, -1) is var index && index < 0)
            {
                return null;
            }

            var node = scope.Nodes[index];
            levels.Add(new Level(id, round, node.Role == NodeRole.Loop, Anew(scope, id)));
            scope = node.Body!;
        }

        return new ForkPlace(levels);
    }

    /// <summary>True where this place comes after what an instance did, which is taken over then.</summary>
    public bool IsAfter(string instance)
    {
        var steps = instance.Split('/');
        for (var depth = 0; depth < _levels.Count; depth++)
        {
            var level = _levels[depth];
            var (id, round) = Read(steps[depth]);
            if (!level.Anew.Contains(id))
            {
                return true;
            }

            if (id != level.Id || depth == _levels.Count - 1 || depth == steps.Length - 1)
            {
                return false;
            }

            // The rounds of a for-each know nothing of each other; those of a loop go on from the one before.
            if (round is { } other && level.Round is { } own && other != own)
            {
                return !level.IsLoop || other < own;
            }
        }

        return false;
    }

    // The node and all that comes after it.
    private static HashSet<string> Anew(ScopePlan scope, string id)
    {
        var after = new HashSet<string>(StringComparer.Ordinal);
        var left = new Stack<string>([id]);
        while (left.TryPop(out var next))
        {
            if (after.Add(next) && scope.IndexOf.GetValueOrDefault(next, -1) is var index and >= 0)
            {
                foreach (var edge in scope.Nodes[index].Out)
                {
                    left.Push(scope.Nodes[scope.Edges[edge].To].Id);
                }
            }
        }

        return after;
    }

    private static (string Id, int? Round) Read(string step)
    {
        var bracket = step.IndexOf('[', StringComparison.Ordinal);
        return bracket < 0 ? (step, null)
            : (step[..bracket], int.TryParse(step.AsSpan(bracket + 1).TrimEnd(']'), NumberStyles.None, CultureInfo.InvariantCulture, out var round) ? round : null);
    }

    /// <param name="Id">The node, or the container that it is in.</param>
    /// <param name="Round">Which of the container's rounds; null for all.</param>
    /// <param name="Anew">What is done anew beside it, itself included.</param>
    private sealed record Level(string Id, int? Round, bool IsLoop, HashSet<string> Anew);
}
