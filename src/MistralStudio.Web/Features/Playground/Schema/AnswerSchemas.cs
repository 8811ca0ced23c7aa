using System.Text.Json;
using MistralStudio.Core;
using MistralStudio.Core.Schemas;

namespace MistralStudio.Web.Features.Playground.Schema;

/// <summary>Makes schemas of answers.</summary>
public static class AnswerSchemas
{
    /// <summary>The schema of the JSON of an answer, also where it stands in a code block between words.</summary>
    public static Result<JsonElement> Of(string answer)
    {
        foreach (var text in Candidates(answer))
        {
            try
            {
                return SchemaInference.Infer(JsonElement.Parse(text));
            }
            catch (JsonException)
            {
                // the next one may be
            }
        }

        return SchemaTextErrors.AnswerNoJson();
    }

    private static IEnumerable<string> Candidates(string answer)
    {
        yield return answer;
        var begin = answer.IndexOf("```", StringComparison.Ordinal);
        while (begin >= 0 && answer.IndexOf('\n', begin) is > 0 and var line && answer.IndexOf("```", line, StringComparison.Ordinal) is > 0 and var end)
        {
            yield return answer[line..end];
            begin = answer.IndexOf("```", end + 3, StringComparison.Ordinal);
        }

        // From the first brace to the last: words around bare JSON.
        if (answer.IndexOfAny(['{', '[']) is >= 0 and var first && answer.LastIndexOfAny(['}', ']']) is var last && last > first)
        {
            yield return answer[first..(last + 1)];
        }
    }
}
