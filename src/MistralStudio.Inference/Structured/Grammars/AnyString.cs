using MistralStudio.Core.Schemas;
using MistralStudio.Core.Schemas.Text;
using MistralStudio.Inference.Structured.Automata;

namespace MistralStudio.Inference.Structured.Grammars;

/// <summary>Any JSON string: one automaton for all grammars, so that a vocabulary's masks of it are made once.</summary>
internal static class AnyString
{
    public static ByteDfa Automaton { get; } = Utf8Paths.JsonString(CharDfa.OfNames([], otherTag: 0, new WorkLimit()), new WorkLimit());

    public static Witness Witness { get; } = new(Automaton);
}
