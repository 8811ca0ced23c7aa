using MistralStudio.Core.Flows;
using MistralStudio.Flows.Definitions;

namespace MistralStudio.Flows.Compilation;

/// <summary>Compiles nodes and edges that stand beside each other; a container's body with a compiler of its own.</summary>
internal sealed partial class ScopeCompiler
{
    private readonly CompilerWork _work;
    private readonly string _prefix;
    private readonly IReadOnlyList<string> _calls;
    private readonly int _depth;
    private readonly IReadOnlyList<FlowInput> _inputs;
    private readonly IReadOnlyList<Port> _inputPorts;
    private readonly ScopeCompiler? _parent;
    private readonly int _parentNode;
    private readonly bool _isLoop;
    private readonly List<Draft> _drafts = [];
    private readonly List<EdgeDraft> _edges = [];
    private readonly Dictionary<string, int> _indexOf = new(StringComparer.Ordinal);

    private ScopeCompiler(
        CompilerWork work, string prefix, IReadOnlyList<string> calls, int depth, IReadOnlyList<FlowInput> inputs, ScopeCompiler? parent = null, int parentNode = -1, bool isLoop = false)
    {
        (_work, _prefix, _calls, _depth, _inputs, _parent, _parentNode, _isLoop) = (work, prefix, calls, depth, inputs, parent, parentNode, isLoop);
        _inputPorts = [.. inputs.Select(input => new Port(input.Name, input.Type, input.Required))];
    }

    private List<FlowProblem> Problems => _work.Problems;

    /// <summary>Compiles a flow, or a flow that another calls.</summary>
    public static ScopePlan Flow(CompilerWork work, FlowDefinition definition, string prefix, IReadOnlyList<string> calls, int depth = 0)
    {
        var scope = new ScopeCompiler(work, prefix, calls, depth, definition.Inputs);
        scope.CheckInputs();
        return scope.Compile(definition.Nodes, definition.Edges);
    }

    private ScopePlan Compile(IReadOnlyList<FlowNode> nodes, IReadOnlyList<FlowEdge> edges)
    {
        AddNodes(nodes);
        AddEdges(edges);
        var (order, cycle) = EdgeOrder.Sort(_drafts.Count, [.. _edges.Select(edge => (edge.From, edge.To))]);
        if (cycle.Length > 0)
        {
            var circle = cycle.Append(cycle[0]).Select(index => _drafts[index].Id).ToList();
            Problems.Add(FlowProblem.Of(_prefix + _drafts[cycle[0]].Id, FlowErrors.Cycle(circle)));
        }

        foreach (var index in order)
        {
            CompileNode(_drafts[index]);
        }

        return Plan();
    }

    private void CheckInputs()
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var input in _inputs)
        {
            if (!Names.IsPort(input.Name))
            {
                Problems.Add(FlowProblem.Of(_prefix.TrimEnd('/'), FlowErrors.BadPortName(input.Name)));
            }
            else if (!names.Add(input.Name))
            {
                Problems.Add(FlowProblem.Of(_prefix.TrimEnd('/'), FlowErrors.DuplicateInput(input.Name)));
            }

            if (input.Default is { } value && !input.Type.Admits(value))
            {
                Problems.Add(FlowProblem.Of(_prefix.TrimEnd('/'), FlowErrors.BadDefault(input.Name, input.Type)));
            }
        }
    }

    private void AddNodes(IReadOnlyList<FlowNode> nodes)
    {
        foreach (var node in nodes)
        {
            var path = _prefix + node.Id;
            if (!Names.IsNode(node.Id))
            {
                Problems.Add(FlowProblem.Of(path, FlowErrors.BadId(node.Id)));
                continue;
            }

            if (_indexOf.ContainsKey(node.Id))
            {
                Problems.Add(FlowProblem.Of(path, FlowErrors.DuplicateId(node.Id)));
                continue;
            }

            if (_work.Catalog.Find(node.Type) is not { } entry)
            {
                Problems.Add(FlowProblem.Of(path, FlowErrors.UnknownType(node.Type)));
                _indexOf[node.Id] = -1;
                continue;
            }

            if (entry.Type.Role == NodeRole.Note)
            {
                _indexOf[node.Id] = -1;
                continue;
            }

            if (_parent is not null && entry.Type.Role is NodeRole.Begin or NodeRole.End)
            {
                Problems.Add(FlowProblem.Of(path, FlowErrors.NotInside(node.Type)));
            }

            _work.Nodes++;
            _indexOf[node.Id] = _drafts.Count;
            _drafts.Add(new Draft(_drafts.Count, node.Id, entry) { Node = node });
        }
    }

    private void AddEdges(IReadOnlyList<FlowEdge> edges)
    {
        foreach (var edge in edges)
        {
            if (End(edge.From, outgoing: true) is { } from && End(edge.To, outgoing: false) is { } to)
            {
                if (from.Index < 0 || to.Index < 0)
                {
                    continue;
                }

                if (!Names.IsPort(to.Port))
                {
                    Problems.Add(FlowProblem.AtPort(PathOf(to.Index), to.Port, FlowErrors.BadPortName(to.Port)));
                    continue;
                }

                var draft = new EdgeDraft(_edges.Count, from.Index, from.Port, to.Index, to.Port);
                _edges.Add(draft);
                _drafts[from.Index].Out.Add(draft.Index);
                _drafts[to.Index].In.Add(draft.Index);
            }
        }
    }

    // The container's own name means its inner side: what it gives where an edge leaves, what it takes back where one arrives.
    private (int Index, string Port)? End(string? text, bool outgoing)
    {
        if (Names.Split(text) is not { } end)
        {
            Problems.Add(FlowProblem.Of(_prefix.TrimEnd('/'), FlowErrors.BadEdge(text ?? "")));
            return null;
        }

        var name = _parent is not null && end.Node == _parent._drafts[_parentNode].Id ? outgoing ? Border.Begin : Border.End : end.Node;
        if (_indexOf.TryGetValue(name, out var index))
        {
            return (index, end.Port);
        }

        Problems.Add(FlowProblem.Of(_prefix.TrimEnd('/'), FlowErrors.EdgeToNowhere(end.Node)));
        return null;
    }

    private void CompileNode(Draft draft)
    {
        var path = PathOf(draft.Index);
        Arrive(draft);
        if (draft.IsBorder)
        {
            CheckArrivals(draft, path);
            return;
        }

        var before = Problems.Count;
        draft.Config = ConfigCompiler.Check(draft.Entry!, draft.Node!.Config, path, Problems);
        draft.Fields = ConfigCompiler.Fields(draft.Type, draft.Config, path, Problems);
        if (Problems.Count > before)
        {
            // Its ports follow from its configuration: nothing can be said of them. Edges from it are not held against others.
            draft.Ports = null;
            return;
        }

        var shape = new NodeShape { Config = draft.Config, Arriving = draft.Arriving, FlowInputs = _inputPorts };
        draft.Ports = draft.Type.Ports(shape);
        Problems.AddRange(draft.Type.CheckArriving(shape).Select(wrong => FlowProblem.InField(path, wrong.Field, wrong.Error)));
        if (draft.Type.Role is NodeRole.ForEach or NodeRole.Loop)
        {
            CompileBody(draft, shape, path);
        }
        else if (draft.Type.Role == NodeRole.SubFlow)
        {
            CompileCall(draft, shape, path);
            if (draft.Body is null)
            {
                // Its ports are those of a flow that nobody knows.
                draft.Ports = null;
                return;
            }
        }
        else if (draft.Node.Body is not null)
        {
            Problems.Add(FlowProblem.Of(path, FlowErrors.StrayBody(draft.Type.Id)));
        }

        draft.Policy = (draft.Node.Policy ?? NodePolicy.None).Over(draft.Type.Policy);
        Problems.AddRange(PolicyCheck.Problems(draft.Type, draft.Policy, draft.Ports).Select(wrong => FlowProblem.InField(path, wrong.Field, wrong.Error)));
        if (draft.Policy.OnError == OnError.Port)
        {
            draft.Ports = draft.Ports with { Outputs = [.. draft.Ports.Outputs, new Port(Names.ErrorPort, PortType.Json) { IsBranch = true }] };
        }

        CheckArrivals(draft, path);
        CheckNames(draft, path);
        Bind(draft, path);
    }

    // What comes in: the source of every edge is compiled already.
    private void Arrive(Draft draft)
    {
        foreach (var edge in draft.In.Select(index => _edges[index]))
        {
            var from = _drafts[edge.From];
            if (from.Ports is not { } ports)
            {
                edge.Type = null;
            }
            else if (ports.Outputs.FirstOrDefault(port => port.Name == edge.FromPort) is { } port)
            {
                edge.Type = port.Type;
            }
            else
            {
                Problems.Add(FlowProblem.AtPort(
                    PathOf(edge.From), edge.FromPort,
                    edge.FromPort == Names.ErrorPort ? FlowErrors.NoErrorPort() : FlowErrors.NoSuchOutput(edge.FromPort, ports.Outputs.Select(one => one.Name))));
            }

            if (edge.Type is { } type)
            {
                draft.Arriving[edge.ToPort] = draft.Arriving.TryGetValue(edge.ToPort, out var other) && other != type ? PortType.Json : type;
            }
            else
            {
                draft.Arriving.TryAdd(edge.ToPort, PortType.Json);
                edge.Type = PortType.Json;
            }
        }
    }

    private void CheckArrivals(Draft draft, string path)
    {
        var ports = draft.Ports!;
        foreach (var edge in draft.In.Select(index => _edges[index]))
        {
            var port = ports.Inputs.FirstOrDefault(port => port.Name == edge.ToPort);
            if (port is null)
            {
                if (!ports.Named)
                {
                    Problems.Add(FlowProblem.AtPort(path, edge.ToPort, FlowErrors.NoSuchInput(edge.ToPort, ports.Inputs.Select(one => one.Name))));
                }

                continue;
            }

            var fit = PortType.Fit(edge.Type!, port.Type);
            edge.Check = fit == PortFit.Checked ? port.Type : null;
            if (fit == PortFit.None)
            {
                Problems.Add(FlowProblem.AtPort(path, edge.ToPort, FlowErrors.WrongType($"{_drafts[edge.From].Id}.{edge.FromPort}", edge.Type!, port.Type)));
            }
        }

        Problems.AddRange(ports.Inputs.Where(port => port.Required && !draft.Arriving.ContainsKey(port.Name))
            .Select(port => FlowProblem.AtPort(path, port.Name, FlowErrors.NotConnected(port.Name))));
    }

    private string PathOf(int index) => _drafts[index].IsBorder ? _prefix.TrimEnd('/') : _prefix + _drafts[index].Id;
}
