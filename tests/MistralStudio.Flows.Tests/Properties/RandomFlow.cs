using MistralStudio.Core;
using MistralStudio.Core.Flows;
using static MistralStudio.Flows.Tests.Flow;

namespace MistralStudio.Flows.Tests.Properties;

/// <summary>What a node of a random flow does.</summary>
internal enum Fate
{
    Gives,
    TakesLeft,
    TakesRight,
    Fails,
}

/// <summary>A node of a random flow.</summary>
/// <param name="In">Where its edges come from: node and port.</param>
internal sealed record RandomNode(string Id, Fate Fate, int TransientFailures, string Effects, OnError OnError, bool IsContainer, IReadOnlyList<(string From, string Port)> In)
{
    public bool IsBounded => Effects == "changes";
}

/// <summary>
/// A flow made of a number: branches, joins, containers, failures of all kinds. What its nodes do depends on nothing but the number and their
/// paths, so that any two runs of it come to the same.
/// </summary>
internal sealed class RandomFlow
{
    private static readonly string[] s_effects = ["pure", "reads", "reads", "changes"];

    private readonly int _seed;
    private readonly bool _uncertain;

    /// <param name="uncertain">Whether some nodes change the world without an idempotency key.</param>
    /// <param name="stops">Whether a failure may fail the run.</param>
    public RandomFlow(int seed, bool uncertain = false, bool stops = false)
    {
        _seed = seed;
        _uncertain = uncertain;
        var random = new Random(seed);
        var nodes = new List<RandomNode>();
        for (var i = 0; i < random.Next(2, 14); i++)
        {
            var isContainer = random.Next(6) == 0;
            var onError = stops && random.Next(8) == 0 ? OnError.Stop : random.Next(2) == 0 ? OnError.Port : OnError.Default;
            List<(string, string)> edges = [];
            if (!isContainer)
            {
                foreach (var from in Enumerable.Range(0, random.Next(0, 4)).Select(_ => nodes.Count == 0 ? null : nodes[random.Next(nodes.Count)]).OfType<RandomNode>())
                {
                    var ports = from.IsContainer ? ["results"] : from.OnError == OnError.Port ? new[] { "text", "left", "right", "error" } : ["text", "left", "right"];
                    edges.Add((from.Id, ports[random.Next(ports.Length)]));
                }
            }

            if (edges.Count == 0)
            {
                edges.Add(("start", isContainer ? "list" : "q"));
            }

            nodes.Add(new RandomNode($"n{i}", (Fate)random.Next(4), random.Next(3), s_effects[random.Next(uncertain ? 4 : 3)], onError, isContainer, edges));
        }

        Nodes = nodes;
    }

    public IReadOnlyList<RandomNode> Nodes { get; }

    public object Inputs => new { q = "q", list = new[] { "a", "b", "c" } };

    public string Json => Of(
        string.Join(',', Nodes.Select(Written).Prepend(Start).Append(Node("o", "output"))),
        string.Join(',', Nodes.SelectMany(node => node.In.Select((from, i) => $"{from.From}.{from.Port} {node.Id}.{(node.IsContainer ? "items" : $"p{i}")}"))
            .Concat(Nodes.Select(node => $"{node.Id}.{(node.IsContainer ? "results" : "text")} o.{node.Id}"))),
        """[{"name":"q","type":"text"},{"name":"list","type":"list<text>"}]""");

    /// <summary>Lets the rig's node do what this flow's nodes do.</summary>
    public void Script(FlowRig rig, Func<NodeExecution, CancellationToken, Task>? meanwhile = null)
    {
        var failures = new Dictionary<string, int>();
        foreach (var id in Nodes.Where(node => !node.IsContainer).Select(node => node.Id).Append("inner"))
        {
            rig.Work.Scripts[id] = async (execution, token) =>
            {
                if (meanwhile is not null)
                {
                    await meanwhile(execution, token);
                }

                var (fate, transient) = FateOf(execution.Path);
                lock (failures)
                {
                    if (failures.GetValueOrDefault(execution.Path) < transient)
                    {
                        failures[execution.Path] = failures.GetValueOrDefault(execution.Path) + 1;
                        return new NodeOutcome.Failed(new Error("x.busy", "Busy.", "Wait."), IsTransient: true);
                    }
                }

                return fate switch
                {
                    Fate.Gives => NodeOutcome.Of("text", FlowValue.Of($"{execution.Path}({string.Join(',', execution.Inputs.Values.Select(value => value.Text))})")),
                    Fate.TakesLeft => NodeOutcome.Of("left", FlowValue.Of("left")),
                    Fate.TakesRight => NodeOutcome.Of("right", FlowValue.Of("right")),
                    _ => new NodeOutcome.Failed(new Error("x.broke", "Broke.", "Mend it.")),
                };
            };
        }
    }

    /// <summary>Ids of the nodes that run, by a second reading of the join rule; null where the run fails.</summary>
    public HashSet<string>? Runs()
    {
        var taken = new HashSet<(string, string)> { ("start", "q"), ("start", "list") };
        var runs = new HashSet<string>();
        foreach (var node in Nodes.Where(node => node.In.Any(taken.Contains)))
        {
            runs.Add(node.Id);
            if (node.IsContainer)
            {
                taken.Add((node.Id, "results"));
                continue;
            }

            var fate = FateOf(node.Id).Fate;
            if (fate == Fate.Fails && node.OnError == OnError.Stop)
            {
                return null;
            }

            taken.Add((node.Id, fate switch
            {
                Fate.Gives => "text",
                Fate.TakesLeft => "left",
                Fate.TakesRight => "right",
                _ => node.OnError == OnError.Port ? "error" : "text",
            }));
        }

        return runs;
    }

    private (Fate Fate, int Transient) FateOf(string path)
    {
        if (Nodes.FirstOrDefault(node => node.Id == path) is { } node)
        {
            return (node.Fate, node.Effects == "changes" && _uncertain ? 0 : node.TransientFailures);
        }

        // Inside a container: nothing fails for good there.
        var hash = path.Aggregate(_seed, (sum, letter) => unchecked((sum * 31) + letter)) & 0xffff;
        return ((Fate)(hash % 3), hash / 3 % 3);
    }

    private static string Written(RandomNode node) => node.IsContainer
        ? Node(node.Id, "for-each", """{"parallel":2}""", Body(
            $"{Node("inner", config: """{"does":"inner"}""", more: Retry)},{Node("end", "merge")}",
            $"{node.Id}.item inner.i, inner.text end.a, inner.left end.b, end.value {node.Id}.result"))
        : Node(node.Id, config: $$"""{"effects":"{{node.Effects}}"}""", more: Retry.Replace("}}", "}", StringComparison.Ordinal) + node.OnError switch
        {
            OnError.Port => ",\"onError\":\"port\"}",
            OnError.Default => ",\"onError\":\"default\",\"default\":{\"text\":\"instead\"}}",
            _ => "}",
        });

    private const string Retry = ",\"policy\":{\"retry\":{\"attempts\":3,\"delay\":\"00:00:00\"}}";
}
