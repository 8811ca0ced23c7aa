namespace MistralStudio.Inference.ChatTemplates.Jinja;

/// <summary>
/// A chat template as model files carry them: Jinja2 with the settings and functions of transformers (trim_blocks, lstrip_blocks, break and
/// continue, generation blocks, <c>tojson</c>, <c>raise_exception</c>, <c>strftime_now</c>, nothing that changes a value), held to the limits of
/// <see cref="RenderBudget"/>. Read once, rendered from any number of threads.
/// </summary>
internal sealed class JinjaTemplate
{
    private const int LongestSource = 1 << 19;
    private const string TooDeep = "it nests too deep";

    private readonly IReadOnlyList<Statement> _statements;
    private readonly IReadOnlyDictionary<string, int> _names;

    private JinjaTemplate(IReadOnlyList<Statement> statements, IReadOnlyDictionary<string, int> names)
    {
        _statements = statements;
        _names = names;
    }

    /// <summary>Reads a template.</summary>
    /// <exception cref="JinjaException">It is none, or uses what is not known here; the message says what, and in which line.</exception>
    public static JinjaTemplate Parse(string source)
    {
        if (source.Length > LongestSource)
        {
            throw new JinjaException(JinjaFailure.Syntax, $"it has {source.Length:N0} characters; at most {LongestSource:N0} are read");
        }

        try
        {
            var parser = new TemplateParser(Lexer.Tokenise(source));
            var statements = parser.Parse();
            foreach (var function in Globals.All)
            {
                parser.Number(function.Name);
            }

            return new JinjaTemplate(statements, parser.Names);
        }
        catch (InsufficientExecutionStackException)
        {
            throw new JinjaException(JinjaFailure.Syntax, TooDeep);
        }
    }

    /// <summary>True where the template mentions a variable.</summary>
    public bool Mentions(string variable) => _names.ContainsKey(variable);

    /// <summary>Writes the text for some variables.</summary>
    /// <param name="variables">Values by name; see <see cref="Values"/>.</param>
    /// <param name="now">The moment that <c>strftime_now</c> tells.</param>
    /// <exception cref="JinjaException">The template refuses or fails, or costs too much.</exception>
    public TemplateText Render(IEnumerable<KeyValuePair<string, object?>> variables, DateTimeOffset now)
    {
        var budget = new RenderBudget();
        var rendering = new Rendering(budget, now);
        var globals = new Scope(null, rendering);
        foreach (var function in Globals.All)
        {
            globals.Set(_names[function.Name], function);
        }

        foreach (var (name, value) in variables)
        {
            if (_names.TryGetValue(name, out var number))
            {
                globals.Set(number, value);
            }
        }

        try
        {
            return Statement.Capture(_statements, new Scope(globals, rendering));
        }
        catch (InsufficientExecutionStackException)
        {
            throw new JinjaException(JinjaFailure.Forbidden, TooDeep);
        }
    }
}
