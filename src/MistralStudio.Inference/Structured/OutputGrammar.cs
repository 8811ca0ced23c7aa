using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using MistralStudio.Core;
using MistralStudio.Core.Schemas;
using MistralStudio.Core.Schemas.Text;
using MistralStudio.Inference.Structured.Automata;
using MistralStudio.Inference.Structured.Grammars;
using MistralStudio.Inference.Structured.Masks;

namespace MistralStudio.Inference.Structured;

/// <summary>
/// What an answer may be, compiled once: <see cref="Start"/> holds one answer to it. Immutable and safe for any number of threads; what is
/// found out about a vocabulary is kept with it, so a grammar that is used again should be the same instance.
/// </summary>
internal sealed class OutputGrammar
{
    private const int MostChoices = 10_000;

    private static readonly ByteDfa s_space = Text(" ");

    private readonly GrammarNode _root;
    private readonly SequenceNode _spaced;
    private readonly IReadOnlyList<GrammarNode> _nodes;
    private readonly ConditionalWeakTable<VocabularyTrie, BoundGrammar> _bound = [];

    private OutputGrammar(GrammarNode root)
    {
        _root = root;
        _spaced = new SequenceNode([new TerminalNode(s_space), root]);
        _nodes = GrammarMeasure.Measure([_spaced]);
    }

    /// <summary>
    /// Any JSON value, as compact as <see cref="FromJsonSchema"/> writes it: what "answer in JSON" without a schema asks for.
    /// </summary>
    public static OutputGrammar AnyJson { get; } = FromJsonSchema(JsonDocument.Parse("true").RootElement).Value;

    /// <summary>
    /// JSON that follows a schema: exactly its values, each in one spelling (<see cref="JsonText"/>), an object's properties in the order of
    /// the schema. <c>schema.unsupported_keyword</c> names a keyword that it cannot be held to.
    /// </summary>
    public static Result<OutputGrammar> FromJsonSchema(JsonElement schema) => Compile(() => SchemaCompiler.Compile(schema));

    /// <summary>Why answers cannot be held to a schema, and which keyword is at fault; null where they can.</summary>
    public static SchemaFault? FindFault(JsonElement schema)
    {
        try
        {
            return FaultOf(new OutputGrammar(SchemaCompiler.Compile(schema)));
        }
        catch (SchemaException refused)
        {
            return refused.Fault;
        }
    }

    /// <summary>Text that a regular expression matches as a whole.</summary>
    public static Result<OutputGrammar> FromRegex(string pattern) => Compile(() =>
    {
        var work = new WorkLimit();
        return new TerminalNode(Utf8Paths.Plain(CharDfa.Of(RegexParser.Parse(pattern), anywhere: false, work), work));
    });

    /// <summary>One of some texts.</summary>
    public static Result<OutputGrammar> FromChoices(IReadOnlyCollection<string> choices)
    {
        if (choices.Count == 0)
        {
            return StructuredErrors.NoChoices();
        }

        return choices.Count > MostChoices ? SchemaErrors.TooLarge($"{choices.Count:N0} choices, of {MostChoices:N0} at most") : Compile(() => new TerminalNode(Text([.. choices])));
    }

    /// <summary>One control token of the vocabulary, by its name: <c>[TOOL_CALLS]</c>.</summary>
    public static OutputGrammar Control(string name) => new(new TerminalNode(Text([[VocabularyTrie.ControlMark, .. Encoding.UTF8.GetBytes(name)]])));

    /// <summary>One item or more, up to a number, a separator between them: several calls.</summary>
    public static OutputGrammar Repeat(OutputGrammar item, OutputGrammar separator, int most)
    {
        var nothing = new TerminalNode(Text(""));
        var list = item._root;
        for (var count = 1; count < most; count++)
        {
            var more = new SequenceNode([separator._root, list]);
            list = new SequenceNode([item._root, new ChoiceNode([nothing, more])]);
        }

        return new(list);
    }

    /// <summary>One after another: a tool call's opening words, its arguments, its closing words.</summary>
    public static OutputGrammar Sequence(params OutputGrammar[] parts) => new(new SequenceNode([.. parts.Select(part => part._root)]));

    /// <summary>One of several: a call of any of some tools.</summary>
    public static OutputGrammar AnyOf(params OutputGrammar[] options) => new(new ChoiceNode([.. options.Select(option => option._root)]));

    /// <summary>
    /// The state of an answer that has not begun. <c>schema.not_writable</c> where the vocabulary lacks the tokens. The first call for a
    /// vocabulary measures the grammar over it (milliseconds).
    /// </summary>
    public Result<GrammarState> Start(VocabularyTrie vocabulary) =>
        Bind(vocabulary) is var bound && bound.CanBeWritten ? new GrammarState(bound, null) : StructuredErrors.NotWritable();

    /// <summary>
    /// The state of an answer that is free until it contains a text (or the control token of that name), and follows the grammar from there:
    /// a model that may call a tool, but need not.
    /// </summary>
    /// <param name="onlyAtStart">True where the text counts at the beginning of the answer alone.</param>
    public Result<GrammarState> StartAfter(VocabularyTrie vocabulary, string trigger, bool onlyAtStart = false) =>
        Bind(vocabulary) is var bound && bound.CanBeWritten
            ? new GrammarState(bound, new Trigger(trigger, vocabulary, onlyAtStart))
            : StructuredErrors.NotWritable();

    private static SchemaFault? FaultOf(OutputGrammar grammar) =>
        grammar._root.IsEmpty || grammar._root.MinDepth > GrammarMachine.MostDepth ? new SchemaFault(StructuredErrors.Unsatisfiable(), "") : null;

    private static ByteDfa Text(params string[] texts) => Text([.. texts.Select(Encoding.UTF8.GetBytes)]);

    private static ByteDfa Text(params byte[][] texts)
    {
        var nfa = new ByteNfa(new WorkLimit());
        var start = nfa.AddState();
        foreach (var text in texts)
        {
            nfa.Accept(nfa.AddText(start, text), 0);
        }

        return nfa.Determinise(start);
    }

    private BoundGrammar Bind(VocabularyTrie vocabulary) => _bound.GetValue(vocabulary, known => new BoundGrammar(_root, _spaced, _nodes, known));

    private static Result<OutputGrammar> Compile(Func<GrammarNode> compile)
    {
        try
        {
            var grammar = new OutputGrammar(compile());
            return FaultOf(grammar) is { } fault ? fault.Error : grammar;
        }
        catch (SchemaException refused)
        {
            return refused.Error;
        }
    }
}

/// <summary>A grammar over one vocabulary, with the masks that were needed so far.</summary>
internal sealed class BoundGrammar
{
    public BoundGrammar(GrammarNode root, GrammarNode spaced, IReadOnlyList<GrammarNode> nodes, VocabularyTrie vocabulary)
    {
        Machine = new GrammarMachine(root, spaced, nodes, vocabulary);
        Masks = new MaskCache(Machine);
    }

    public GrammarMachine Machine { get; }

    public MaskCache Masks { get; }

    public bool CanBeWritten => Machine.Start.Count > 0;
}
