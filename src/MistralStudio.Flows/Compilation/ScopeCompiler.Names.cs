
namespace MistralStudio.Flows.Compilation;

/// <content>What templates and conditions name.</content>
internal sealed partial class ScopeCompiler
{
    private void CheckNames(Draft draft, string path)
    {
        foreach (var field in draft.Fields)
        {
            foreach (var name in field.Liquid.References)
            {
                if (name.Root == Names.Variables && !draft.Arriving.ContainsKey(Names.Variables))
                {
                    if (name.Member is not { } variable || !IsSetBefore(draft.Index, variable))
                    {
                        Problems.Add(FlowProblem.InField(path, field.Pointer, FlowErrors.UnknownVariable(name.Member ?? "")));
                    }
                    else
                    {
                        draft.Variables.Add(variable);
                    }
                }
                else if (!IsKnown(draft, field, name.Root, name.Member))
                {
                    var there = draft.Arriving.Keys.Concat(draft.In.Select(index => $"{_drafts[_edges[index].From].Id}.{_edges[index].FromPort}"));
                    Problems.Add(FlowProblem.InField(path, field.Pointer, FlowErrors.UnknownName(name.ToString(), there.Distinct(StringComparer.Ordinal))));
                }
            }
        }
    }

    private bool IsKnown(Draft draft, FieldPlan field, string root, string? member) =>
        draft.Arriving.ContainsKey(root)
        || field.Field.Extra.Contains(root)
        || (field.Field.IsDeferred && draft.Returned.ContainsKey(root))
        || draft.In.Select(index => _edges[index]).Any(edge => _drafts[edge.From].Id == root && (member is null || edge.FromPort == member));

    // Set by a node that comes before; inside a loop by any of its body, one round earlier.
    private bool IsSetBefore(int node, string variable)
    {
        var before = new HashSet<int>();
        var left = new Stack<int>([node]);
        while (left.TryPop(out var at))
        {
            foreach (var from in _drafts[at].In.Select(index => _edges[index].From).Where(before.Add))
            {
                left.Push(from);
            }
        }

        return _drafts.Any(draft => draft.Sets == variable && (_isLoop || before.Contains(draft.Index)))
            || (_parent is not null && _parent.IsSetBefore(_parentNode, variable));
    }
}
