using Fluid;
using Fluid.Ast;
using Fluid.Values;
using MistralStudio.Core;
using MistralStudio.Core.Flows;

namespace MistralStudio.Flows.Templates;

/// <summary>Reads templates and conditions: Liquid without files, functions or anything of the host.</summary>
internal static class LiquidParser
{
    /// <summary>Characters of a template.</summary>
    public const int MostCharacters = 200_000;

    /// <summary>Numbers of a range.</summary>
    public const int MostOfRange = 10_000;

    private static readonly FluidParser s_parser = MakeParser();

    private static readonly TemplateOptions s_options = MakeOptions();

    /// <summary>What all evaluations share.</summary>
    public static TemplateOptions Options => s_options;

    /// <summary>True where a text is more than itself.</summary>
    public static bool IsTemplate(string text) =>
        text.Contains("{{", StringComparison.Ordinal) || text.Contains("{%", StringComparison.Ordinal);

    /// <summary>Reads a field; the error says what is wrong with it.</summary>
    public static Result<LiquidField> Read(string source, FieldSyntax syntax)
    {
        if (source.Length > MostCharacters)
        {
            return TemplateErrors.TooLong();
        }

        return syntax == FieldSyntax.Condition ? ReadCondition(source) : ReadTemplate(source);
    }

    private static Result<LiquidField> ReadTemplate(string source)
    {
        if (!s_parser.TryParse(source, out var template, out var reason))
        {
            return TemplateErrors.Unreadable(WithoutSource(reason));
        }

        var references = TemplateReferences.Of(template);
        return references.Problem is { } problem ? problem : new LiquidField(template, null, references.All);
    }

    // A condition is what stands in an if.
    private static Result<LiquidField> ReadCondition(string source)
    {
        if (string.IsNullOrWhiteSpace(source))
        {
            return TemplateErrors.NoCondition("it is empty");
        }

        if (source.Contains("%}", StringComparison.Ordinal) || source.Contains("{%", StringComparison.Ordinal) || source.Contains("{{", StringComparison.Ordinal))
        {
            return TemplateErrors.NoCondition("it holds braces; the names of ports stand in it as they are");
        }

        if (!s_parser.TryParse($"{{% if {source.ReplaceLineEndings(" ")} %}}1{{% endif %}}", out var template, out var reason))
        {
            return TemplateErrors.NoCondition(WithoutSource(reason));
        }

        var references = TemplateReferences.Of(template);
        return references.Problem is { } problem ? problem
            : references.Condition is { } condition ? new LiquidField(template, condition, references.All)
            : TemplateErrors.NoCondition("it is none");
    }

    // Fluid repeats the line that it could not read, which stands right above.
    private static string WithoutSource(string reason)
    {
        var source = reason.IndexOf("Source:", StringComparison.Ordinal);
        return source < 0 ? reason : reason[..source].TrimEnd();
    }

    private static FluidParser MakeParser()
    {
        var parser = new FluidParser(new FluidParserOptions { AllowFunctions = false, AllowParentheses = true, AllowLiquidTag = true });
        foreach (var tag in new[] { "include", "render", "layout", "renderbody", "rendersection", "section" })
        {
            parser.RegisteredTags.Remove(tag);
        }

        parser.RegisteredTags["capture"] = parser.RegisteredTags["capture"].Then<Statement>(
            statement => statement is CaptureStatement capture ? new LimitedCapture(capture) : statement);
        return parser;
    }

    private static TemplateOptions MakeOptions()
    {
        var options = new TemplateOptions
        {
            MaxSteps = 100_000,
            MaxRecursion = 32,
            StrictFilters = true,
            CultureInfo = System.Globalization.CultureInfo.InvariantCulture,
        };
        foreach (var (name, filter) in options.Filters.ToList())
        {
            options.Filters.AddFilter(name, TemplateWork.Counted(filter, Foreseen(name)));
        }

        return options;
    }

    // Filters whose result can be much longer than what they are given.
    private static Func<FluidValue, FilterArguments, TemplateContext, long>? Foreseen(string name) => name switch
    {
        "append" or "prepend" => (input, arguments, _) => input.ToStringValue().Length + (long)arguments.At(0).ToStringValue().Length,
        "replace" => (input, arguments, _) =>
        {
            var text = input.ToStringValue();
            var found = arguments.At(0).ToStringValue();
            var times = found.Length == 0 ? text.Length + 1L : text.AsSpan().Count(found);
            return text.Length + (times * arguments.At(1).ToStringValue().Length);
        },
        "replace_first" or "replace_last" => (input, arguments, _) => input.ToStringValue().Length + (long)arguments.At(1).ToStringValue().Length,
        "join" => (input, arguments, context) =>
        {
            var separator = (long)arguments.At(0).ToStringValue().Length;
            return input.Enumerate(context).Sum(item => item.ToStringValue().Length + separator);
        },
        "concat" => (input, arguments, context) => 16 * (input.Enumerate(context).LongCount() + arguments.At(0).Enumerate(context).LongCount()),
        "truncate" or "truncatewords" => (input, arguments, _) => input.ToStringValue().Length + (long)arguments.At(1).ToStringValue().Length,
        _ => null,
    };
}
