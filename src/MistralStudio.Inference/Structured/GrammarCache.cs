using System.Text.Json;
using MistralStudio.Core;
using MistralStudio.Core.Schemas;

namespace MistralStudio.Inference.Structured;

/// <summary>
/// Compiled grammars by what they were compiled from, the most recently used ones: the thousandth request with one schema finds its masks
/// made. Safe for any number of threads; two that ask for the same new one at once may both compile it.
/// </summary>
internal sealed class GrammarCache(int capacity = 64)
{
    private const int MostText = 1 << 20;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, LinkedListNode<(string Key, OutputGrammar Grammar)>> _known = new(StringComparer.Ordinal);
    private readonly LinkedList<(string Key, OutputGrammar Grammar)> _order = new();

    /// <inheritdoc cref="OutputGrammar.FromJsonSchema"/>
    public Result<OutputGrammar> FromJsonSchema(JsonElement schema)
    {
        var text = schema.GetRawText();
        return text.Length > MostText
            ? SchemaErrors.TooLarge($"a schema of {Size.Format(text.Length)}, of {Size.Format(MostText)} at most")
            : Find($"schema {text}", () => OutputGrammar.FromJsonSchema(schema));
    }

    /// <inheritdoc cref="OutputGrammar.FromRegex"/>
    public Result<OutputGrammar> FromRegex(string pattern) => Find($"regex {pattern}", () => OutputGrammar.FromRegex(pattern));

    /// <inheritdoc cref="OutputGrammar.FromChoices"/>
    public Result<OutputGrammar> FromChoices(IReadOnlyCollection<string> choices) =>
        Find($"choices {JsonSerializer.Serialize(choices)}", () => OutputGrammar.FromChoices(choices));

    /// <summary>A grammar that is put together of others.</summary>
    /// <param name="key">All that it is made of, in one text.</param>
    /// <param name="compile">Makes it, of parts that no other grammar has: a part is measured with its whole.</param>
    public Result<OutputGrammar> FromParts(string key, Func<Result<OutputGrammar>> compile) => Find($"parts {key}", compile);

    private Result<OutputGrammar> Find(string key, Func<Result<OutputGrammar>> compile)
    {
        lock (_lock)
        {
            if (_known.TryGetValue(key, out var known))
            {
                _order.Remove(known);
                _order.AddFirst(known);
                return known.Value.Grammar;
            }
        }

        var compiled = compile();
        if (!compiled.IsSuccess)
        {
            return compiled;
        }

        lock (_lock)
        {
            if (_known.TryGetValue(key, out var earlier))
            {
                return earlier.Value.Grammar;
            }

            _known[key] = _order.AddFirst((key, compiled.Value));
            if (_known.Count > capacity)
            {
                _known.Remove(_order.Last!.Value.Key);
                _order.RemoveLast();
            }
        }

        return compiled;
    }
}
