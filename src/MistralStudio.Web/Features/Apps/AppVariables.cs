using MistralStudio.Core;
using MistralStudio.Core.Apps;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Models;
using MistralStudio.Core.Prompts;

namespace MistralStudio.Web.Features.Apps;

/// <summary>
/// What a reader of an app fills in before the first question: the variables of the prompt that it answers with. What the app's author filled in is
/// their default. The question itself is typed below, where the prompt has a place for it.
/// </summary>
public sealed class AppVariables
{
    private readonly Dictionary<string, string> _given = new(StringComparer.Ordinal);

    private AppVariables(IReadOnlyList<PromptVariable> asked, IReadOnlyDictionary<string, string> authors) =>
        Asked = [.. asked.Select(variable => authors.TryGetValue(variable.Name, out var filled) && PromptTemplates.Fits(variable, filled) ? variable with { Default = filled } : variable)];

    /// <summary>Nothing to fill in: an app over a model, a flow, or a prompt without variables.</summary>
    public static AppVariables None { get; } = new([], new Dictionary<string, string>());

    /// <summary>The variables, in the order in which the prompt names them.</summary>
    public IReadOnlyList<PromptVariable> Asked { get; }

    /// <summary>What was filled in by the reader themselves.</summary>
    public IReadOnlyDictionary<string, string> Given => _given;

    /// <summary>Counts up when values changed otherwise than by being typed: fields then show them anew.</summary>
    public int Revision { get; private set; }

    /// <summary>What the prompt is asked with.</summary>
    public IReadOnlyDictionary<string, string> Values => Asked.Select(variable => (variable.Name, Value: ValueOf(variable))).Where(one => one.Value.Length > 0).ToDictionary(one => one.Name, one => one.Value, StringComparer.Ordinal);

    /// <summary>The variables of what an app answers with.</summary>
    public static async Task<AppVariables> ReadAsync(IPromptStore prompts, WorkspaceId workspace, AppDefinition definition, CancellationToken cancellationToken) =>
        Of(await ListAsync(prompts, workspace, definition.Model, cancellationToken), definition.Values);

    /// <summary>Variables with what the author filled in.</summary>
    public static AppVariables Of(IReadOnlyList<PromptVariable> asked, IReadOnlyDictionary<string, string>? authors) => asked.Count == 0 ? None : new(asked, authors ?? new Dictionary<string, string>());

    /// <summary>The variables that a reader is asked for where this is the model; none where it is no prompt, or one that is gone.</summary>
    public static async Task<IReadOnlyList<PromptVariable>> ListAsync(IPromptStore prompts, WorkspaceId workspace, string model, CancellationToken cancellationToken)
    {
        if (!ModelReference.TryParse(model, out var reference) || reference.Kind != ModelReferenceKind.Prompt
            || await prompts.ResolveAsync(workspace, reference.Name, reference.Detail, cancellationToken) is not { IsSuccess: true, Value.Content: var content })
        {
            return [];
        }

        var takesQuestion = PromptTemplates.TakesQuestion(content);
        return [.. PromptTemplates.Variables(content).Where(variable => !takesQuestion || variable.Name != PromptTemplates.Question)];
    }

    /// <summary>What a variable is at the moment; empty where it has no value.</summary>
    public string ValueOf(PromptVariable variable) => _given.GetValueOrDefault(variable.Name) ?? variable.Default ?? "";

    /// <summary>Takes what was filled in; an emptied field is its default.</summary>
    public void Give(string name, string value)
    {
        if (value.Length == 0)
        {
            _given.Remove(name);
        }
        else
        {
            _given[name] = value;
        }
    }

    /// <summary>Shows what was filled in for another conversation; null: nothing was.</summary>
    public void Take(IReadOnlyDictionary<string, string>? values)
    {
        _given.Clear();
        Revision++;
        foreach (var (name, value) in values ?? new Dictionary<string, string>())
        {
            Give(name, value);
        }
    }

    /// <summary>Why nothing can be asked yet; null where it can.</summary>
    public Error? Check() => Asked.Where(variable => ValueOf(variable).Length == 0).Select(LabelOf).ToList() is { Count: > 0 } missing
        ? AppErrors.NotFilledIn(missing)
        : Asked.FirstOrDefault(variable => !PromptTemplates.Fits(variable, ValueOf(variable))) is { } wrong
            ? AppErrors.FilledInWrong(PromptErrors.WrongValue(wrong with { Name = LabelOf(wrong) }))
            : null;

    /// <summary>How a variable is called to a reader: its name as words.</summary>
    public static string LabelOf(PromptVariable variable)
    {
        var words = variable.Name.Replace('_', ' ').Replace('-', ' ').Trim();
        return words.Length == 0 ? variable.Name : char.ToUpperInvariant(words[0]) + words[1..];
    }
}
