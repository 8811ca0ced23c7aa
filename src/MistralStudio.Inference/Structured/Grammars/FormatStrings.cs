using System.Collections.Concurrent;
using MistralStudio.Core.Schemas;
using MistralStudio.Core.Schemas.Text;
using MistralStudio.Inference.Structured.Automata;

namespace MistralStudio.Inference.Structured.Grammars;

/// <summary>JSON strings of the known formats: one automaton of each for all grammars, so that a vocabulary's masks of it are made once.</summary>
internal static class FormatStrings
{
    private static readonly ConcurrentDictionary<StringFormat, Lazy<ByteDfa>> s_quoted = new();

    public static ByteDfa Quoted(StringFormat format) =>
        s_quoted.GetOrAdd(format, one => new Lazy<ByteDfa>(() => Utf8Paths.JsonString(one.Strings, new WorkLimit()))).Value;
}
