using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using MistralStudio.Core;
using MistralStudio.Inference.Structured;
using MistralStudio.Inference.Tokenization;

namespace MistralStudio.Inference.Tools;

/// <summary>Calls of some tools as a grammar: in the family's own spelling, names that exist, arguments that follow the tool's schema.</summary>
/// <param name="vocabulary">Tells which marks of the format are control tokens.</param>
internal sealed class ToolGrammar(ToolFormat format, Vocabulary vocabulary)
{
    /// <summary>Most calls of one answer.</summary>
    public const int MostCalls = 16;

    private static readonly JsonElement s_anyObject = JsonDocument.Parse("""{"type":"object"}""").RootElement;

    /// <summary>
    /// What an answer contains once before its calls, whatever follows: the trigger of <see cref="OutputGrammar.StartAfter"/> for
    /// <see cref="AfterOpening"/>.
    /// </summary>
    public string Opening => format.IsWholeAnswer ? "{\"name\": \"" : format.Opening;

    /// <summary>The calls with their opening.</summary>
    /// <inheritdoc cref="AfterOpening"/>
    public Result<OutputGrammar> Whole(IReadOnlyList<AIFunctionDeclaration> tools, bool many, bool mayLoosen)
    {
        var calls = AfterOpening(tools, many, mayLoosen);
        return calls.IsSuccess ? OutputGrammar.Sequence(format.IsWholeAnswer ? Text(Opening) : Mark(format.Opening), calls.Value) : calls;
    }

    /// <summary>The calls behind the first one's opening.</summary>
    /// <param name="many">True where there may be more than one (never with a format whose calls are the whole answer).</param>
    /// <param name="mayLoosen">
    /// True where a tool whose schema cannot be held to gets any JSON object, unless it is strict; false where that is an error.
    /// </param>
    public Result<OutputGrammar> AfterOpening(IReadOnlyList<AIFunctionDeclaration> tools, bool many, bool mayLoosen)
    {
        var options = new List<OutputGrammar>();
        foreach (var tool in tools)
        {
            var arguments = ArgumentsOf(tool, mayLoosen);
            if (!arguments.IsSuccess)
            {
                return arguments;
            }

            options.Add(OutputGrammar.Sequence(Head(tool.Name), arguments.Value));
        }

        var most = many && !format.IsWholeAnswer ? MostCalls : 1;
        var call = OutputGrammar.AnyOf([.. options]);
        return format.Shape switch
        {
            ToolCallShape.Named => OutputGrammar.Repeat(call, Mark(format.Opening), most),
            ToolCallShape.List => OutputGrammar.Sequence(
                Text("["), OutputGrammar.Repeat(OutputGrammar.Sequence(call, Pattern("(, ?\"id\": ?\"[a-zA-Z0-9]{9}\")?\\}")), Pattern(", ?"), most), Text("]")),
            _ when format.IsWholeAnswer => OutputGrammar.Sequence(call, Text("}")),
            _ => OutputGrammar.Repeat(
                OutputGrammar.Sequence(call, Pattern("\\}\n?"), Mark(format.Closing)), OutputGrammar.Sequence(Pattern("\n?"), Mark(format.Opening)), most),
        };
    }

    /// <summary>True where a tool's author wants calls of it to follow its schema or not to be.</summary>
    public static bool IsStrict(AIFunctionDeclaration tool) => tool.AdditionalProperties.TryGetValue("strict", out var strict) && strict is true;

    // Everything up to the arguments, and behind the opening.
    private OutputGrammar Head(string name)
    {
        if (format.Shape == ToolCallShape.Named)
        {
            return format.WritesIds
                ? OutputGrammar.Sequence(Text(name), Mark(ToolFormat.IdMark), Pattern("[a-zA-Z0-9]{9}"), Mark(ToolFormat.ArgumentsMark))
                : OutputGrammar.Sequence(Text(name), Mark(ToolFormat.ArgumentsMark));
        }

        var quoted = JsonSerializer.Serialize(name, AIJsonUtilities.DefaultOptions);
        return format switch
        {
            { IsWholeAnswer: true } => Text($"{quoted[1..]}, \"{format.ArgumentsKey}\": "),
            { Shape: ToolCallShape.List } => Text(Spaced(""), Compact("")),
            _ => Text(Spaced("\n"), Spaced(""), Compact("\n"), Compact("")),
        };

        string Spaced(string before) => $"{before}{{\"name\": {quoted}, \"{format.ArgumentsKey}\": ";
        string Compact(string before) => $"{before}{{\"name\":{quoted},\"{format.ArgumentsKey}\":";
    }

    // Compiled anew for each grammar: a part belongs to one whole.
    private static Result<OutputGrammar> ArgumentsOf(AIFunctionDeclaration tool, bool mayLoosen)
    {
        var compiled = OutputGrammar.FromJsonSchema(AsObject(tool.JsonSchema));
        if (compiled.IsSuccess)
        {
            return compiled;
        }

        return mayLoosen && !IsStrict(tool) ? OutputGrammar.FromJsonSchema(s_anyObject) : ToolErrors.Parameters(tool.Name, compiled.Error);
    }

    // Arguments are an object, whether or not the schema says so.
    private static JsonElement AsObject(JsonElement schema)
    {
        if (schema.ValueKind != JsonValueKind.Object || schema.TryGetProperty("type", out _) || schema.TryGetProperty("$ref", out _))
        {
            return schema.ValueKind == JsonValueKind.Object ? schema : s_anyObject;
        }

        var typed = JsonObject.Create(schema)!;
        typed["type"] = "object";
        return JsonSerializer.SerializeToElement(typed);
    }

    private OutputGrammar Mark(string name) =>
        vocabulary.Special[name] is { } token && vocabulary.IsControl(token) ? OutputGrammar.Control(name) : Text(name);

    private static OutputGrammar Text(params string[] texts) => OutputGrammar.FromChoices(texts).Value;

    private static OutputGrammar Pattern(string pattern) => OutputGrammar.FromRegex(pattern).Value;
}
