using System.Globalization;
using MistralStudio.Core;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Models;
using MistralStudio.Core.Security;
using MistralStudio.Flows.Compilation;
using MistralStudio.Flows.Definitions;
using MistralStudio.Flows.Engine;

namespace MistralStudio.Flows.Words;

/// <summary>What somebody wants, in words.</summary>
/// <param name="Caller">Who asks; where, and with which rights.</param>
/// <param name="Text">In any language; empty for an explanation of all of a flow.</param>
/// <param name="Language">The reader's, as a culture's name: <c>fr</c>, <c>zh-Hans</c>.</param>
public sealed record WordsRequest(WorkspaceId Workspace, Caller Caller, ModelReference Model, string Text, string Language)
{
    /// <summary>Most tokens that one answer of the model may have.</summary>
    public int MostTokens { get; init; } = 8_192;

    /// <summary>Hears of the text while the model writes it: which try it is, and the next piece of it; null for nobody.</summary>
    public Action<int, string>? OnText { get; init; }
}

/// <summary>A flow that a model wrote. Nothing is kept or run: a person sees it, and what it changes, first.</summary>
/// <param name="Draft">It need not compile.</param>
/// <param name="Problems">Why it does not compile; empty where it does.</param>
/// <param name="Changes">What is different from the flow that was to be changed; empty for a new one.</param>
/// <param name="Summary">What the model says of it, for the person.</param>
/// <param name="Attempts">How often the model wrote.</param>
public sealed record FlowProposal(
    FlowDefinition Draft, IReadOnlyList<FlowProblem> Problems, IReadOnlyList<FlowChange> Changes, string Summary, int Attempts, RunUsage Usage);

/// <summary>A flow in words.</summary>
public sealed record FlowExplanation(string Text, RunUsage Usage);

/// <summary>
/// Makes flows of words, changes them by words, and says in words what they do. It knows the catalogue and the compiler; the model is behind
/// <see cref="IModelWriter"/>, and what it writes is hostile: it becomes a draft that is looked at, or a text.
/// </summary>
public sealed class FlowWords(NodeCatalog catalog, FlowPlans plans, IModelWriter writer)
{
    /// <summary>Characters of a description or an instruction.</summary>
    public const int MostCharacters = 20_000;

    /// <summary>Characters of a definition that a model is shown.</summary>
    public const int MostOfFlow = 200_000;

    /// <summary>How often what is wrong goes back to the model.</summary>
    public const int MostCorrections = 3;

    private const int MostShownProblems = 20;
    private const int MostOfExplanation = 1_024;

    private readonly Lazy<WordsPrompts> _prompts = new(() => new WordsPrompts(catalog));

    /// <summary>Makes a flow of a description.</summary>
    /// <returns>The flow; one that does not compile with its problems; or why there is none.</returns>
    public Task<Result<FlowProposal>> MakeAsync(WordsRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        return WriteAsync(
            request, _prompts.Value.Make, _prompts.Value.DefinitionSchema, WordsPrompts.AskToMake(request.Text), text => FlowAnswer.ReadDefinition(text), null, cancellationToken);
    }

    /// <summary>Changes a flow by an instruction. What the instruction does not speak of stays as it is.</summary>
    public Task<Result<FlowProposal>> ChangeAsync(WordsRequest request, FlowDefinition current, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(current);
        var written = FlowDefinitions.Write(current with { Notes = [] });
        return written.Length > MostOfFlow
            ? Task.FromResult<Result<FlowProposal>>(WordsErrors.FlowTooLong(written.Length))
            : WriteAsync(
                request, _prompts.Value.Change, _prompts.Value.PatchSchema, WordsPrompts.AskToChange(request.Text, written), text => FlowAnswer.ReadPatch(text, current), current, cancellationToken);
    }

    /// <summary>Says what a flow does, in the reader's language.</summary>
    public async Task<Result<FlowExplanation>> ExplainAsync(WordsRequest request, FlowDefinition definition, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(definition);
        if (!May(request, Permissions.FlowsRead))
        {
            return WordsErrors.NotAllowed();
        }

        var written = FlowDefinitions.Write(definition with { Notes = [], Nodes = [.. definition.Nodes.Select(node => node with { Position = null })] });
        if (written.Length > MostOfFlow || request.Text.Length > MostCharacters)
        {
            return request.Text.Length > MostCharacters ? WordsErrors.TooLong(request.Text.Length) : WordsErrors.FlowTooLong(written.Length);
        }

        var task = new WritingTask(
            request.Workspace, request.Model, _prompts.Value.Explain(LanguageOf(request.Language), definition), [new WritingTurn(false, WordsPrompts.AskToExplain(request.Text, written))])
        {
            MostTokens = Math.Min(request.MostTokens, MostOfExplanation),
            Client = request.Caller.User?.ToString(),
            OnText = Heard(request, 1),
        };
        var said = await writer.WriteAsync(task, cancellationToken);
        return !said.IsSuccess ? said.Error
            : string.IsNullOrWhiteSpace(said.Value.Text) ? WordsErrors.NoWords()
            : new FlowExplanation(said.Value.Text.Trim() + (said.Value.IsCut ? " …" : ""), new RunUsage(said.Value.InputTokens, said.Value.OutputTokens));
    }

    private async Task<Result<FlowProposal>> WriteAsync(
        WordsRequest request, string system, System.Text.Json.JsonElement schema, string asked, Func<string, Result<WrittenFlow>> read, FlowDefinition? before, CancellationToken cancellationToken)
    {
        if (!May(request, Permissions.FlowsWrite))
        {
            return WordsErrors.NotAllowed();
        }

        if (string.IsNullOrWhiteSpace(request.Text))
        {
            return WordsErrors.Nothing();
        }

        if (request.Text.Length > MostCharacters)
        {
            return WordsErrors.TooLong(request.Text.Length);
        }

        var turns = new List<WritingTurn> { new(false, asked) };
        var usage = RunUsage.None;
        FlowProposal? best = null;
        Error? why = null;
        for (var attempt = 1; attempt <= 1 + MostCorrections; attempt++)
        {
            var said = await writer.WriteAsync(
                new WritingTask(request.Workspace, request.Model, system, turns) { Schema = schema, MostTokens = request.MostTokens, Client = request.Caller.User?.ToString(), OnText = Heard(request, attempt) }, cancellationToken);
            if (!said.IsSuccess)
            {
                // What there is by then is better than nothing.
                return best is null ? said.Error : best;
            }

            usage += new RunUsage(said.Value.InputTokens, said.Value.OutputTokens);
            var answer = read(said.Value.Text);
            string wrong;
            if (before is null && answer is { IsSuccess: true, Value.Definition.Nodes.Count: 0 })
            {
                (why, wrong) = (WordsErrors.NoSteps(), WordsPrompts.Wrong(WordsErrors.NoSteps()));
            }
            else if (answer.IsSuccess)
            {
                var compiled = await plans.CompileAsync(request.Workspace, answer.Value.Definition, cancellationToken);
                if (best is null || compiled.Problems.Count <= best.Problems.Count)
                {
                    best = new FlowProposal(
                        answer.Value.Definition, compiled.Problems, before is null ? [] : DefinitionDiff.Of(before, answer.Value.Definition), answer.Value.Summary, attempt, usage);
                }

                best = best with { Attempts = attempt, Usage = usage };
                if (compiled.Problems.Count == 0)
                {
                    return best;
                }

                wrong = WordsPrompts.Wrong(compiled.Problems.Take(MostShownProblems));
            }
            else
            {
                why = said.Value.IsCut ? WordsErrors.Cut() : WordsErrors.NoDraft(attempt);
                wrong = WordsPrompts.Wrong(answer.Error);
                if (said.Value.IsCut)
                {
                    break;
                }
            }

            if (turns is [_, { IsModel: true } last, ..] && last.Text == said.Value.Text)
            {
                // It would say it again.
                break;
            }

            turns = [turns[0], new WritingTurn(true, said.Value.Text), new WritingTurn(false, wrong)];
        }

        return best is not null ? best : why!;
    }

    private static Action<string>? Heard(WordsRequest request, int attempt) => request.OnText is { } hear ? piece => hear(attempt, piece) : null;

    private static bool May(WordsRequest request, string permission) =>
        request.Caller.Workspace == request.Workspace && request.Caller.May(permission) && request.Caller.May(Permissions.ModelsUse);

    private static string LanguageOf(string name)
    {
        try
        {
            return CultureInfo.GetCultureInfo(name, predefinedOnly: true) is { Name.Length: > 0 } culture ? culture.EnglishName : "English";
        }
        catch (CultureNotFoundException)
        {
            return "English";
        }
    }
}
