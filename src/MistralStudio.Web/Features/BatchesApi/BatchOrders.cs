using System.Globalization;
using MistralStudio.Agents.Batches;
using MistralStudio.Core;
using MistralStudio.Core.Batches;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Models;
using MistralStudio.Core.Prompts;
using MistralStudio.Core.Security;
using MistralStudio.Core.Tables;
using MistralStudio.Web.Security;

namespace MistralStudio.Web.Features.BatchesApi;

/// <summary>Makes batches of what pages and programs send.</summary>
public sealed class BatchOrders(ITableStore tables, IPromptStore prompts, BatchRuns runs)
{
    /// <summary>Begins a batch.</summary>
    internal async Task<Result<Batch>> StartAsync(Caller caller, ApiKeyId? key, WireNewBatch body, CancellationToken cancellationToken)
    {
        if (caller.User is not { } user || body.Table is not { } id)
        {
            return BatchApiErrors.NoTable();
        }

        if (await tables.FindAsync(caller.Workspace, id, caller.May(Permissions.RunsReadAll) ? null : user, cancellationToken) is not { } table)
        {
            return TableErrors.NotFound();
        }

        var prompt = await ReadPromptAsync(caller, body, cancellationToken);
        if (!prompt.IsSuccess)
        {
            return prompt.Error;
        }

        var (content, reference) = prompt.Value;
        if (body.Model is { Length: > 0 } model)
        {
            content = content with { Model = model };
        }

        var plan = new BatchPlan
        {
            Prompt = content,
            Reference = reference,
            Columns = body.Columns ?? Suggest(content, table.Columns),
            Values = body.Values ?? [],
            Parallelism = body.Parallelism ?? BatchRules.UsualParallel,
            Budget = body.Budget ?? BatchBudget.None,
            Output = body.Output ?? new(),
        };
        return await runs.StartAsync(new NewBatch(caller.Workspace, body.Name ?? "", table.Id, plan, user, key), cancellationToken);
    }

    /// <summary>Each variable with the column of its name, whatever the case, spaces and lines in them.</summary>
    public static Dictionary<string, string> Suggest(PromptContent content, IReadOnlyList<string> columns)
    {
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var name in PromptTemplates.Names(content))
        {
            if ((columns.FirstOrDefault(column => column == name) ?? columns.FirstOrDefault(column => Bare(column) == Bare(name))) is { } column)
            {
                found[name] = column;
            }
        }

        return found;
    }

    /// <summary>The version of a saved prompt that a reference names at this moment, and the reference that names it for good.</summary>
    public async Task<Result<(PromptContent Content, string Reference)>> ResolveAsync(Caller caller, string text, CancellationToken cancellationToken)
    {
        if (!ModelReference.TryParse(text, out var reference) || reference.Kind != ModelReferenceKind.Prompt)
        {
            return BatchApiErrors.BadPrompt(text);
        }

        if (!caller.May(Permissions.PromptsRead))
        {
            return AccessErrors.Forbidden();
        }

        var found = await prompts.ResolveAsync(caller.Workspace, reference.Name, reference.Detail, cancellationToken);
        return found.IsSuccess ? (found.Value.Content, string.Create(CultureInfo.InvariantCulture, $"prompt:{found.Value.Slug}@{found.Value.Version.Number}")) : found.Error;
    }

    private async Task<Result<(PromptContent Content, string? Reference)>> ReadPromptAsync(Caller caller, WireNewBatch body, CancellationToken cancellationToken)
    {
        if (body.Prompt is { Length: > 0 } saved)
        {
            var found = await ResolveAsync(caller, saved, cancellationToken);
            return found.IsSuccess ? (found.Value.Content, found.Value.Reference) : found.Error;
        }

        if (body.Content is not { } sent)
        {
            return BatchApiErrors.NoPrompt();
        }

        var content = PromptJson.ReadHostile(sent);
        return content.IsSuccess ? (content.Value, (string?)null) : content.Error;
    }

    private static string Bare(string name) => new([.. name.Where(char.IsLetterOrDigit).Select(char.ToUpperInvariant)]);
}
