using System.Text.Json;
using Acornima;
using Jint;
using Jint.Native;
using Jint.Native.Json;
using Jint.Runtime;
using MistralStudio.Core;
using MistralStudio.Core.Flows;
using JsEngine = Jint.Engine;
using JsJson = Jint.Native.Json.JsonSerializer;

namespace MistralStudio.Flows.Nodes.Code;

/// <summary>Runs a script in an engine of its own, without anything of the host, within limits.</summary>
internal static class Script
{
    /// <summary>Bytes that a script may ask for in all, those that it lets go of included.</summary>
    public const long MostMemory = 256 * 1024 * 1024;

    private const int MostStatements = 5_000_000;
    private const int MostDepth = 200;
    private const int MostArray = 2_000_000;

    // The script is the body of a function over its inputs; strict, so that it cannot reach around them.
    private const string Before = "(function(inputs){\"use strict\";";
    private const string After = "\n})";

    /// <summary>What is wrong with a script as it stands; null where it can be run.</summary>
    public static Error? Problem(string source)
    {
        try
        {
            JsEngine.PrepareScript(Before + source + After);
            return null;
        }
        catch (ScriptPreparationException wrong) when (wrong.InnerException is ParseErrorException parse)
        {
            return CodeErrors.Unreadable(parse.Description ?? parse.Message, parse.LineNumber);
        }
    }

    /// <summary>Runs a script; fails where it throws, goes over its limits or gives nothing that is JSON.</summary>
    public static Result<FlowValue> Run(string source, TimeSpan limit, IReadOnlyDictionary<string, FlowValue> inputs, CancellationToken cancellationToken)
    {
        using var engine = new JsEngine(options => options
            .Strict()
            .TimeoutInterval(limit)
            .LimitMemory(MostMemory)
            .MaxStatements(MostStatements)
            .LimitRecursion(MostDepth)
            .RegexTimeoutInterval(limit)
            .MaxArraySize(MostArray)
            .DisableStringCompilation()
            .CancellationToken(cancellationToken));
        try
        {
            var names = inputs.Keys.Where(IsIdentifier).ToList();
            var constants = names.Count == 0 ? "" : $"const {{{string.Join(',', names)}}}=inputs;";
            var function = engine.Evaluate(Before + constants + source + After);
            var json = new JsonParser(engine);
            var values = new JsObject(engine);
            foreach (var (name, value) in inputs)
            {
                values.Set(name, json.Parse(value.Json.GetRawText()));
            }

            var result = engine.Invoke(function, values);
            var text = result.IsUndefined() ? "null" : new JsJson(engine).Serialize(result, JsValue.Undefined, JsValue.Undefined).ToString();
            return text == "undefined" ? CodeErrors.NoValue() : FlowValue.Of(JsonElement.Parse(text, new JsonDocumentOptions { MaxDepth = FlowJson.Relaxed.MaxDepth }));
        }
        catch (JavaScriptException thrown)
        {
            return thrown.Message.Contains("cyclic", StringComparison.OrdinalIgnoreCase) || thrown.Message.Contains("circular", StringComparison.OrdinalIgnoreCase)
                ? CodeErrors.NoValue()
                : CodeErrors.Threw(thrown.Message, thrown.Location.Start.Line);
        }
        catch (Exception over) when (over is TimeoutException or StatementsCountOverflowException or System.Text.RegularExpressions.RegexMatchTimeoutException)
        {
            return CodeErrors.TooLong(limit);
        }
        catch (Exception over) when (over is MemoryLimitExceededException or OutOfMemoryException)
        {
            return CodeErrors.TooMuchMemory();
        }
        catch (RecursionDepthOverflowException)
        {
            return CodeErrors.TooDeep();
        }
        catch (ExecutionCanceledException)
        {
            throw new OperationCanceledException(cancellationToken);
        }
        catch (InvalidOperationException)
        {
            // What the engine says of modules.
            return CodeErrors.Refused();
        }
        catch (JsonException)
        {
            return CodeErrors.NoValue();
        }
    }

    private static bool IsIdentifier(string name) =>
        name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '_') && !char.IsAsciiDigit(name[0]) && !s_reserved.Contains(name);

    private static readonly HashSet<string> s_reserved = new(StringComparer.Ordinal)
    {
        "arguments", "await", "break", "case", "catch", "class", "const", "continue", "debugger", "default", "delete", "do", "else", "enum", "eval",
        "export", "extends", "false", "finally", "for", "function", "if", "implements", "import", "in", "inputs", "instanceof", "interface", "let", "new",
        "null", "package", "private", "protected", "public", "return", "static", "super", "switch", "this", "throw", "true", "try", "typeof", "undefined",
        "var", "void", "while", "with", "yield",
    };
}
