using System.Text.Json;
using Microsoft.Extensions.AI;
using MistralStudio.Core;
using MistralStudio.Core.Models;
using MistralStudio.Inference.ChatTemplates.Jinja;
using MistralStudio.Inference.Tokenization;

namespace MistralStudio.Inference.ChatTemplates;

/// <summary>Writes a conversation the way a model learnt to read it: the Jinja template of its own file. Safe for use from any number of threads.</summary>
internal sealed class ChatTemplate
{
    private static readonly ChatPrompt s_shortest = new([new ChatMessage(ChatRole.User, "Hello")]);
    private static readonly ChatPrompt s_withSystem = new([new ChatMessage(ChatRole.System, "Be brief."), new ChatMessage(ChatRole.User, "Hello")]);

    private readonly JinjaTemplate _template;
    private readonly TemplateText _begin;
    private readonly TemplateText _end;
    private readonly TimeProvider _time;
    private readonly bool _foldsSystem;
    private readonly JinjaList? _noTools;

    private ChatTemplate(JinjaTemplate template, string begin, string end, TimeProvider time)
    {
        _template = template;
        _begin = TemplateText.Own(begin);
        _end = TemplateText.Own(end);
        _time = time;
        try
        {
            Write(s_shortest, argumentsAsText: false);
        }
        catch (JinjaException failure) when (failure.Failure == JinjaFailure.Type && KnowsTools)
        {
            // A template for tools alone may go through them without asking whether there are any.
            _noTools = new JinjaList([]);
            Write(s_shortest, argumentsAsText: false);
        }

        try
        {
            Write(s_withSystem, argumentsAsText: false);
        }
        catch (JinjaException refusal) when (refusal.Failure == JinjaFailure.Refused)
        {
            _foldsSystem = true;
        }
    }

    /// <summary>True where the template has a place for tools.</summary>
    public bool KnowsTools => _template.Mentions("tools");

    /// <summary>
    /// The template of a model file, <see cref="DefaultTemplate"/> where it has none. One that cannot be read, or cannot write the shortest
    /// conversation, is an error that names the file and the reason, now and not with the first question.
    /// </summary>
    /// <param name="file">Name of the model file.</param>
    /// <param name="source">Its template, <c>tokenizer.chat_template</c> in GGUF; null where the file has none.</param>
    /// <param name="tokenizer">The model's tokens.</param>
    /// <param name="time">The clock of templates that tell the date.</param>
    public static Result<ChatTemplate> Open(string file, string? source, Tokenizer tokenizer, TimeProvider time)
    {
        return Open(file, source, Name(tokenizer.Sequence.Begin), Name(tokenizer.Sequence.End), time);

        string Name(int? token) => token is { } id ? tokenizer.Vocabulary.Name(id) : "";
    }

    /// <inheritdoc cref="Open(string, string, Tokenizer, TimeProvider)"/>
    /// <param name="begin">Name of the token that begins a sequence; empty where there is none.</param>
    /// <param name="end">Name of the token that ends a sequence; empty where there is none.</param>
    public static Result<ChatTemplate> Open(string file, string? source, string begin, string end, TimeProvider time)
    {
        try
        {
            return new ChatTemplate(JinjaTemplate.Parse(DefaultTemplate.Of(source)), begin, end, time);
        }
        catch (JinjaException failure)
        {
            return ModelErrors.Unreadable(file, $"its chat template cannot be rendered: {failure.Message.TrimEnd('.')}");
        }
    }

    /// <summary>Writes a conversation; one that the template refuses is <see cref="ModelErrors.TemplateRefused"/> with its reason.</summary>
    public Result<TemplateText> Render(ChatPrompt prompt)
    {
        try
        {
            return Write(prompt, argumentsAsText: false);
        }
        catch (JinjaException failure)
        {
            if (failure.Failure == JinjaFailure.Type && ConversationValues.HasCalls(prompt.Messages))
            {
                return RenderWithTextArguments(prompt, failure);
            }

            return ModelErrors.TemplateRefused(failure.Message.TrimEnd('.'));
        }
    }

    /// <summary>Some templates want the arguments of calls as an object, others as JSON text, and none says which.</summary>
    private Result<TemplateText> RenderWithTextArguments(ChatPrompt prompt, JinjaException first)
    {
        try
        {
            return Write(prompt, argumentsAsText: true);
        }
        catch (JinjaException)
        {
            return ModelErrors.TemplateRefused(first.Message.TrimEnd('.'));
        }
    }

    private TemplateText Write(ChatPrompt prompt, bool argumentsAsText)
    {
        var messages = _foldsSystem ? ConversationValues.FoldSystem(prompt.Messages) : prompt.Messages;
        var variables = prompt.Variables.ToDictionary(
            variable => variable.Key,
            variable => JsonValues.Of(JsonSerializer.SerializeToElement(variable.Value, AIJsonUtilities.DefaultOptions)),
            StringComparer.Ordinal);
        variables["messages"] = ConversationValues.Messages(messages, argumentsAsText);
        variables["tools"] = ConversationValues.Tools(prompt.Tools) ?? _noTools;
        variables["documents"] = null;
        variables["add_generation_prompt"] = Values.Of(prompt.AddGenerationPrompt);
        variables["bos_token"] = _begin;
        variables["eos_token"] = _end;
        return _template.Render(variables, _time.GetLocalNow());
    }
}
