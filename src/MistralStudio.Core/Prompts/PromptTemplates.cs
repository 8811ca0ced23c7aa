using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using MistralStudio.Core.Agents;
using MistralStudio.Core.Conversations;

namespace MistralStudio.Core.Prompts;

/// <summary>
/// Variables in texts: <c>{{name}}</c>, with or without spaces inside. Nothing else is a template: no logic, and the text of a value is put in as
/// it is and never looked at again. <c>{{{{</c> is a literal <c>{{</c>; braces around anything that is no name stay as they are.
/// </summary>
public static partial class PromptTemplates
{
    /// <summary>The variable that a first question stands for, where the prompt's last message is the user's and names it.</summary>
    public const string Question = "question";

    /// <summary>True where what is asked first has its place in the prompt's own last message.</summary>
    public static bool TakesQuestion(PromptContent content) => content.Messages is [.., { Role: MessageRole.User } last] && Names(last.Text).Contains(Question, StringComparer.Ordinal);

    /// <summary>The names in a text, each once, in the order of their first places.</summary>
    public static IReadOnlyList<string> Names(string text) => [.. Marks(text).Select(mark => mark.Name).OfType<string>().Distinct(StringComparer.Ordinal)];

    /// <summary>The names in all messages, each once, in the order of their first places.</summary>
    public static IReadOnlyList<string> Names(PromptContent content) => [.. content.Messages.SelectMany(message => Names(message.Text)).Distinct(StringComparer.Ordinal)];

    /// <summary>What is known of each variable that a message names, in their order; of one that nothing is known of, that it is a text.</summary>
    public static IReadOnlyList<PromptVariable> Variables(PromptContent content)
    {
        var known = content.Variables.GroupBy(variable => variable.Name, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.Last(), StringComparer.Ordinal);
        return [.. Names(content).Select(name => known.GetValueOrDefault(name) ?? new PromptVariable(name))];
    }

    /// <summary>A text in pieces, in order: a variable as it stands in the text with its name, everything else without one.</summary>
    public static IEnumerable<(string Text, string? Name)> Parts(string text)
    {
        var end = 0;
        foreach (var (start, length, name) in Marks(text).Where(mark => mark.Name is not null))
        {
            if (start > end)
            {
                yield return (text[end..start], null);
            }

            yield return (text.Substring(start, length), name);
            end = start + length;
        }

        if (end < text.Length)
        {
            yield return (text[end..], null);
        }
    }

    /// <summary>True for what may stand between the braces: a letter or <c>_</c>, then letters, digits, <c>_</c> and <c>-</c>, at most 64.</summary>
    public static bool IsName(string text) => Name().IsMatch(text);

    /// <summary>True where a text may be the value of a variable.</summary>
    public static bool Fits(PromptVariable variable, string value) => variable.Kind switch
    {
        PromptVariableKind.Number => IsJson(value, JsonValueKind.Number),
        PromptVariableKind.Boolean => value is "true" or "false",
        PromptVariableKind.Choice => variable.Choices.Contains(value, StringComparer.Ordinal),
        PromptVariableKind.Json => IsJson(value, null),
        _ => true,
    };

    /// <summary>
    /// The messages with the values in their places. Variables without a value take their default; those that have none fail with
    /// <see cref="PromptErrors.MissingVariables"/>, which names all of them. Values that no message asks for are left out.
    /// </summary>
    public static Result<IReadOnlyList<TurnMessage>> Fill(PromptContent content, IReadOnlyDictionary<string, string> values)
    {
        if (Resolve(Variables(content), values) is var found && !found.IsSuccess)
        {
            return found.Error;
        }

        return Result<IReadOnlyList<TurnMessage>>.Success([.. content.Messages.Select(message => new TurnMessage(message.Role, Fill(message.Text, found.Value)) { Images = message.Images })]);
    }

    /// <summary>
    /// The value of each variable: what was given, or its default. Fails with <see cref="PromptErrors.MissingVariables"/>, which names all that have
    /// neither, and for a value that is not of the variable's kind.
    /// </summary>
    public static Result<IReadOnlyDictionary<string, string>> Resolve(IReadOnlyList<PromptVariable> variables, IReadOnlyDictionary<string, string> given)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        var missing = new List<string>();
        foreach (var variable in variables)
        {
            if ((given.GetValueOrDefault(variable.Name) ?? variable.Default) is not { } value)
            {
                missing.Add(variable.Name);
            }
            else if (!Fits(variable, value))
            {
                return PromptErrors.WrongValue(variable);
            }
            else
            {
                values[variable.Name] = value;
            }
        }

        return missing.Count > 0 ? PromptErrors.MissingVariables(missing) : values;
    }

    /// <summary>A text with the values in their places; a name without a value stays as it stands.</summary>
    public static string Fill(string text, IReadOnlyDictionary<string, string> values)
    {
        var filled = new StringBuilder(text.Length);
        var end = 0;
        foreach (var (start, length, name) in Marks(text))
        {
            filled.Append(text, end, start - end);
            filled.Append(name is null ? "{{" : values.GetValueOrDefault(name) ?? text.Substring(start, length));
            end = start + length;
        }

        return filled.Append(text, end, text.Length - end).ToString();
    }

    /// <summary>A text that <see cref="Fill(string, IReadOnlyDictionary{string, string})"/> gives back as it is, whatever braces it has.</summary>
    public static string Escape(string text) => text.Replace("{{", "{{{{", StringComparison.Ordinal);

    /// <summary>Values as a request has them: texts as they are, everything else as its JSON; null leaves a variable to its default.</summary>
    public static Result<IReadOnlyDictionary<string, string>> ReadValues(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object)
        {
            return PromptErrors.BadValues("they are no object");
        }

        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        try
        {
            foreach (var member in json.EnumerateObject().Where(member => member.Value.ValueKind != JsonValueKind.Null))
            {
                values[member.Name] = member.Value.ValueKind == JsonValueKind.String ? member.Value.GetString()! : member.Value.GetRawText();
            }
        }
        catch (InvalidOperationException)
        {
            return PromptErrors.BadValues("one of them holds half of a character");
        }

        return values;
    }

    // Left to right: an escape first, then a name; a brace that begins neither is itself, so that {{{name}}} is a name in braces.
    private static IEnumerable<(int Start, int Length, string? Name)> Marks(string text) =>
        text.Contains("{{", StringComparison.Ordinal)
            ? Mark().Matches(text).Select(match => (match.Index, match.Length, match.Groups["name"] is { Success: true } name ? name.Value : null))
            : [];

    private static bool IsJson(string text, JsonValueKind? kind)
    {
        try
        {
            using var json = JsonDocument.Parse(text);
            return kind is null || json.RootElement.ValueKind == kind;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    [GeneratedRegex(@"\{\{\{\{|\{\{[ \t]*(?<name>[\p{L}_][\p{L}\p{N}_-]{0,63})[ \t]*\}\}", RegexOptions.CultureInvariant)]
    private static partial Regex Mark();

    [GeneratedRegex(@"^[\p{L}_][\p{L}\p{N}_-]{0,63}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Name();
}
