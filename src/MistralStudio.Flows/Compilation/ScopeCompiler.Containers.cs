using MistralStudio.Core.Flows;

namespace MistralStudio.Flows.Compilation;

/// <content>Bodies of containers, and flows that are called.</content>
internal sealed partial class ScopeCompiler
{
    private void CompileBody(Draft draft, NodeShape shape, string path)
    {
        if (draft.Node!.Body is not { } body)
        {
            Problems.Add(FlowProblem.Of(path, FlowErrors.NoBody(draft.Type.Id)));
            return;
        }

        if (body.Nodes.Count == 0)
        {
            Problems.Add(FlowProblem.Of(path, FlowErrors.EmptyBody()));
            return;
        }

        var inner = new ScopeCompiler(_work, path + "/", _calls, _depth + 1, [], this, draft.Index, draft.Type.Role == NodeRole.Loop);
        inner.AddBorder(draft);
        draft.Body = inner.Compile(body.Nodes, body.Edges);
        draft.Returned = inner._drafts[1].Arriving;
        draft.Ports = draft.Type.Ports(shape with { Returned = draft.Returned });
    }

    private void AddBorder(Draft container)
    {
        var ports = container.Ports!;
        _indexOf[Border.Begin] = 0;
        _indexOf[Border.End] = 1;
        _drafts.Add(new Draft(0, container.Id, container.Entry) { IsBorder = true, Ports = new NodePorts([], ports.ToBody) });
        _drafts.Add(new Draft(1, container.Id, container.Entry) { IsBorder = true, Ports = new NodePorts(ports.FromBody ?? [], []) { Named = ports.FromBody is null } });
    }

    private void CompileCall(Draft draft, NodeShape shape, string path)
    {
        var reference = SubFlowReference.Of(draft.Node!)!;
        if (!_work.SubFlows.TryGetValue(reference, out var definition))
        {
            Problems.Add(FlowProblem.InField(path, "/flow", FlowErrors.SubFlowMissing(reference)));
            return;
        }

        if (_calls.Contains(reference))
        {
            Problems.Add(FlowProblem.InField(path, "/flow", FlowErrors.SubFlowInItself(reference)));
            return;
        }

        if (_depth >= FlowCompiler.MostDepth || _work.Nodes > FlowCompiler.MostNodes)
        {
            Problems.Add(FlowProblem.Of(path, _depth >= FlowCompiler.MostDepth
                ? FlowErrors.TooDeep(FlowCompiler.MostDepth)
                : FlowErrors.TooLarge("nodes", _work.Nodes, FlowCompiler.MostNodes)));
            return;
        }

        var before = Problems.Count;
        draft.Body = Flow(_work, definition, path + "/", [.. _calls, reference], _depth + 1);
        if (Problems.Count > before)
        {
            // Its author mends it, not this one.
            draft.Body = null;
            var first = Problems[before];
            Problems.RemoveRange(before, Problems.Count - before);
            Problems.Add(FlowProblem.InField(path, "/flow", first.Code == "flow.sub_flow_in_itself"
                ? FlowErrors.SubFlowInItself(reference)
                : FlowErrors.SubFlowBroken(reference, first with { Node = first.Node.Length > path.Length ? first.Node[(path.Length + 1)..] : "" })));
            return;
        }

        draft.Ports = draft.Type.Ports(shape with
        {
            SubInputs = [.. definition.Inputs.Select(input => new Port(input.Name, input.Type, input.Required && input.Default is null))],
            SubOutputs = draft.Body.Outputs,
        });
    }
}
