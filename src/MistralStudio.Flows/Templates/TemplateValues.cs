using Fluid.Values;
using MistralStudio.Core.Flows;

namespace MistralStudio.Flows.Templates;

/// <summary>What a template may name: in-ports, the ports of the nodes that edges come from, variables, and what a node adds itself.</summary>
internal sealed class TemplateValues
{
    private readonly Dictionary<string, FluidValue> _roots = new(StringComparer.Ordinal);

    /// <summary>Values by the first part of their names.</summary>
    public IReadOnlyDictionary<string, FluidValue> Roots => _roots;

    /// <summary>Gives a name its value.</summary>
    public TemplateValues Set(string name, FlowValue value)
    {
        _roots[name] = JsonFluid.Of(value.Json);
        return this;
    }

    /// <summary>Gives a member of a name its value; an in-port of that name stays in front of it.</summary>
    public void SetMember(string root, string member, FlowValue value)
    {
        if (!_roots.TryGetValue(root, out var found))
        {
            _roots[root] = found = new NamedFluid();
        }

        if (found is NamedFluid named)
        {
            named.Members[member] = JsonFluid.Of(value.Json);
        }
    }
}
