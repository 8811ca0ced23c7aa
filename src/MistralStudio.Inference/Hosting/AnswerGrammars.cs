using System.Text.Json;
using Microsoft.Extensions.AI;
using MistralStudio.Core;
using MistralStudio.Core.Models;
using MistralStudio.Inference.Engine;
using MistralStudio.Inference.Structured;
using MistralStudio.Inference.Tokenization;
using MistralStudio.Inference.Tools;

namespace MistralStudio.Inference.Hosting;

/// <summary>
/// What <see cref="ChatOptions"/> hold an answer to: a format (JSON, a regular expression, choices), calls of tools, or either. Kept by what
/// they are made of, so that the masks of a request that comes again are there already. One a model.
/// </summary>
internal sealed class AnswerGrammars(ToolFormat format, Vocabulary vocabulary)
{
    private static readonly JsonElement s_anyObject = JsonDocument.Parse("""{"type":"object"}""").RootElement;

    private readonly GrammarCache _known = new();
    private readonly ToolGrammar _tools = new(format, vocabulary);

    /// <summary>The grammar of an answer; null where it may be anything. Compiling a new one takes milliseconds.</summary>
    /// <param name="options">What was asked.</param>
    /// <param name="tools">The tools that the model is told of.</param>
    public Result<AnswerGrammar?> Of(ChatOptions options, IReadOnlyList<AIFunctionDeclaration> tools)
    {
        var many = options.AllowMultipleToolCalls ?? true;
        if (options.ToolMode is RequiredChatToolMode required)
        {
            return Demanded(required.RequiredFunctionName, tools, many);
        }

        if (tools.Count == 0)
        {
            return FormatOf(options) is { } only ? Whole(_known.FromParts(only.Key, only.Compile)) : (AnswerGrammar?)null;
        }

        var key = $"{(many ? "calls" : "call")} {Describe(tools)}";
        if (FormatOf(options) is { } either)
        {
            return Whole(_known.FromParts($"{key} or {either.Key}", () => Either(_tools.Whole(tools, many, mayLoosen: true), either.Compile())));
        }

        var after = _known.FromParts($"after {key}", () => _tools.AfterOpening(tools, many, mayLoosen: true));
        return after.IsSuccess ? new AnswerGrammar(after.Value, _tools.Opening) { OnlyAtStart = format.IsWholeAnswer } : after.Error;
    }

    private Result<AnswerGrammar?> Demanded(string? name, IReadOnlyList<AIFunctionDeclaration> tools, bool many)
    {
        if (tools.Count == 0)
        {
            return ToolErrors.NoneGiven();
        }

        var demanded = name is null ? tools : [.. tools.Where(tool => tool.Name == name)];
        return demanded.Count == 0
            ? ToolErrors.NotAmong(name!, tools.Select(tool => tool.Name))
            : Whole(_known.FromParts($"demanded {many} {Describe(demanded)}", () => _tools.Whole(demanded, many && name is null, mayLoosen: false)));
    }

    private static (string Key, Func<Result<OutputGrammar>> Compile)? FormatOf(ChatOptions options) => options switch
    {
        { Choices: { } choices } => ($"choices {JsonSerializer.Serialize(choices)}", () => OutputGrammar.FromChoices(choices)),
        { Regex: { } pattern } => ($"regex {pattern}", () => OutputGrammar.FromRegex(pattern)),
        { ResponseFormat: ChatResponseFormatJson { Schema: { } schema } } => ($"schema {schema.GetRawText()}", () => OutputGrammar.FromJsonSchema(schema)),
        { ResponseFormat: ChatResponseFormatJson } => ("object", () => OutputGrammar.FromJsonSchema(s_anyObject)),
        _ => null,
    };

    private static Result<OutputGrammar> Either(Result<OutputGrammar> calls, Result<OutputGrammar> answer) => calls switch
    {
        { IsSuccess: false } => calls,
        _ when !answer.IsSuccess => answer,
        _ => OutputGrammar.AnyOf(calls.Value, answer.Value),
    };

    private static Result<AnswerGrammar?> Whole(Result<OutputGrammar> grammar) =>
        grammar.IsSuccess ? new AnswerGrammar(grammar.Value) : grammar.Error;

    private static string Describe(IReadOnlyList<AIFunctionDeclaration> tools) =>
        string.Concat(tools.Select(tool => $"{JsonSerializer.Serialize(tool.Name)}{ToolGrammar.IsStrict(tool)}{tool.JsonSchema.GetRawText()}"));
}
