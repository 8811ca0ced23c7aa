namespace MistralStudio.Inference.Tools;

/// <summary>How the calls of one answer are laid out.</summary>
internal enum ToolCallShape
{
    /// <summary>Each call is a JSON object of its own: <c>{"name": "...", "arguments": {...}}</c>.</summary>
    Objects,

    /// <summary>All calls are one JSON array of such objects.</summary>
    List,

    /// <summary>Each call is a name, a mark and its arguments: <c>name[ARGS]{...}</c>.</summary>
    Named,
}

/// <summary>
/// How a family of models writes calls of tools.
/// <code>
/// Hermes, Qwen      text&lt;tool_call&gt;\n{"name": "a", "arguments": {...}}\n&lt;/tool_call&gt;\n&lt;tool_call&gt;...
/// Mistral, 2024     [TOOL_CALLS][{"name": "a", "arguments": {...}, "id": "9 letters"}, ...]
/// Mistral, 2025     text[TOOL_CALLS]a[ARGS]{...}[TOOL_CALLS]b[ARGS]{...}        (some with [CALL_ID]id before [ARGS])
/// Llama 3           {"name": "a", "parameters": {...}}                          (the whole answer, one call)
/// </code>
/// </summary>
/// <param name="Name">For logs and tests.</param>
/// <param name="Opening">What stands before a call, text or the name of a control token; empty where a call is the whole answer.</param>
/// <param name="Closing">What stands behind a call; empty for nothing.</param>
/// <param name="ArgumentsKey">The arguments' name in a call's object.</param>
internal sealed record ToolFormat(string Name, ToolCallShape Shape, string Opening, string Closing, string ArgumentsKey)
{
    /// <summary>Between a name and its arguments (<see cref="ToolCallShape.Named"/>).</summary>
    public const string ArgumentsMark = "[ARGS]";

    /// <summary>Between a name and the call's id, where a family writes one (<see cref="ToolCallShape.Named"/>).</summary>
    public const string IdMark = "[CALL_ID]";

    /// <summary>Stands before a call that is a whole answer, in some models of Llama's.</summary>
    public const string PythonTag = "<|python_tag|>";

    /// <summary>Tags around each call: Hermes, Qwen and many others.</summary>
    public static ToolFormat Hermes { get; } = new("hermes", ToolCallShape.Objects, "<tool_call>", "</tool_call>", "arguments");

    /// <summary>Mistral's first: an array behind a control token.</summary>
    public static ToolFormat MistralList { get; } = new("mistral-list", ToolCallShape.List, "[TOOL_CALLS]", "", "arguments") { WantsShortIds = true };

    /// <summary>Mistral's newer: name and arguments between control tokens.</summary>
    public static ToolFormat MistralNamed { get; } = new("mistral-named", ToolCallShape.Named, "[TOOL_CALLS]", "", "") { WantsShortIds = true };

    /// <summary>Llama 3: the answer is one JSON object.</summary>
    public static ToolFormat Llama { get; } = new("llama", ToolCallShape.Objects, "", "", "parameters");

    /// <summary>
    /// For models whose template knows no tools, or writes calls in a way that is not read here: the tools are described in plain words in the
    /// system message, calls are Hermes', results come back in a user message between <c>&lt;tool_response&gt;</c> tags.
    /// </summary>
    public static ToolFormat Plain { get; } = Hermes with { Name = "plain", IsInPlainWords = true };

    /// <summary>True where tools, calls and results are written into the messages instead of by the model's template.</summary>
    public bool IsInPlainWords { get; private init; }

    /// <summary>True where the family's templates refuse ids that are not nine letters or digits.</summary>
    public bool WantsShortIds { get; private init; }

    /// <summary>True where a call carries <see cref="IdMark"/> and an id.</summary>
    public bool WritesIds { get; init; }

    /// <summary>True where a call is the whole answer.</summary>
    public bool IsWholeAnswer => Opening.Length == 0;

    /// <summary>Names of control tokens that a reader of calls has to see.</summary>
    public IEnumerable<string> Marks => Shape == ToolCallShape.Named
        ? [Opening, ArgumentsMark, IdMark]
        : IsWholeAnswer ? [PythonTag] : new[] { Opening, Closing }.Where(mark => mark.Length > 0);

    /// <summary>The format that a model learnt, by what its chat template writes.</summary>
    /// <param name="template">The template's source.</param>
    /// <param name="knowsTools">True where the template has a place for tools.</param>
    public static ToolFormat Of(string template, bool knowsTools)
    {
        bool Has(string text) => template.Contains(text, StringComparison.Ordinal);
        return knowsTools switch
        {
            false => Plain,
            _ when Has(MistralNamed.Opening) && Has(ArgumentsMark) => MistralNamed with { WritesIds = Has(IdMark) },
            _ when Has(MistralList.Opening) => MistralList,

            // Qwen3-Coder and GLM put XML between the same tags.
            _ when Has(Hermes.Opening) && Has("\"arguments\"") && !Has("<function=") && !Has("<arg_key>") => Hermes,
            _ when Has(Hermes.Opening) && Has("\\\"arguments\\\"") && !Has("<function=") && !Has("<arg_key>") => Hermes,
            _ when Has("<|start_header_id|>") && Has("{\"name\": function name, \"parameters\":") => Llama,
            _ => Plain,
        };
    }
}
