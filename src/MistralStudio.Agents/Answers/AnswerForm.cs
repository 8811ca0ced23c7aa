using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.AI;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Models;

namespace MistralStudio.Agents.Answers;

/// <summary>Answers that are JSON of a form: how a model is asked for one, and how it is read.</summary>
internal static partial class AnswerForm
{
    /// <summary>Asks a model's server to hold the answer to a schema; a model without that ability, or one that is not to be held, is told in words.</summary>
    /// <param name="name">What the form is called.</param>
    /// <param name="hold">False: it is told in words whatever its server can.</param>
    public static void Want(JsonElement schema, ResolvedModel model, ChatOptions options, ref string system, string name = "answer", bool hold = true)
    {
        if (hold && ChatAbilities.Of(model.Chat).JsonFormat)
        {
            options.ResponseFormat = ChatResponseFormat.ForJsonSchema(schema, Name().IsMatch(name) ? name : "answer");
        }
        else
        {
            system = $"{system}\n\nAnswer with JSON alone, without words around it, that follows this JSON Schema:\n{schema.GetRawText()}".Trim();
        }
    }

    /// <summary>The JSON of an answer; null where it is none.</summary>
    public static JsonElement? Read(string answer)
    {
        try
        {
            return JsonElement.Parse(Bare(answer), new JsonDocumentOptions { MaxDepth = FlowJson.Relaxed.MaxDepth });
        }
        catch (JsonException)
        {
            return null;
        }
    }

    // ```json ... ```, as many models write it whatever they are told.
    private static string Bare(string text)
    {
        text = text.Trim();
        return text.StartsWith("```", StringComparison.Ordinal) && text.EndsWith("```", StringComparison.Ordinal) && text.IndexOf('\n', StringComparison.Ordinal) is > 0 and var line && line < text.Length - 3
            ? text[(line + 1)..^3]
            : text;
    }

    // What servers of models take as the name of a form.
    [GeneratedRegex("^[A-Za-z0-9_-]{1,64}$", RegexOptions.CultureInvariant)]
    private static partial Regex Name();
}
