using System.Globalization;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using MistralStudio.Core;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;

namespace MistralStudio.Data.Storage;

/// <summary>A definition as it is stored.</summary>
/// <param name="Id">Of the app, flow, base, connection or prompt.</param>
/// <param name="Version">Its number; null for a draft, and for what has no versions.</param>
internal sealed record StoredDefinition(DefinitionKind Kind, Guid Id, string Name, int? Version, string Json)
{
    /// <summary>Every model that it names: the texts of <c>model</c>, <c>rerankModel</c> and the like, and of <c>fallback</c>.</summary>
    public IEnumerable<string> Models() =>
        Texts().Where(text => text.Member == "fallback" || text.Member.EndsWith("model", StringComparison.OrdinalIgnoreCase)).Select(text => text.Text);

    /// <summary>Every connection that it names beside its models: the texts of <c>connection</c> and <c>server</c>.</summary>
    public IEnumerable<string> Connections() => Texts().Where(text => text.Member is "connection" or "server").Select(text => text.Text);

    /// <summary>Every flow that it calls as a step or as a tool: the texts of <c>flow</c>.</summary>
    public IEnumerable<string> Flows() => Texts().Where(text => text.Member == "flow").Select(text => text.Text);

    /// <summary>The place in words: <c>flow "Triage" (version 3)</c>.</summary>
    public static string Describe(DefinitionKind kind, string name, int? version)
    {
        var what = kind switch
        {
            DefinitionKind.App => "app",
            DefinitionKind.Flow => "flow",
            DefinitionKind.Knowledge => "knowledge base",
            DefinitionKind.Prompt => "prompt",
            _ => "connection",
        };
        return version is { } number ? string.Create(CultureInfo.InvariantCulture, $"{what} \"{name}\" (version {number})") : $"{what} \"{name}\"";
    }

    // Nothing where it is no JSON: the draft of a flow may be anything that was typed.
    private IReadOnlyList<(string Member, string Text)> Texts()
    {
        try
        {
            using var document = JsonDocument.Parse(Json, new JsonDocumentOptions { MaxDepth = FlowJson.Relaxed.MaxDepth });
            return [.. In("", document.RootElement)];
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException)
        {
            return [];
        }
    }

    private static IEnumerable<(string Member, string Text)> In(string member, JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => [(member, value.GetString()!)],
        JsonValueKind.Object => value.EnumerateObject().SelectMany(one => In(one.Name, one.Value)),
        JsonValueKind.Array => value.EnumerateArray().SelectMany(one => In(member, one)),
        _ => [],
    };
}

/// <summary>Finds what in a workspace may name something by its slug.</summary>
internal static class StoredDefinitions
{
    /// <summary>
    /// Drafts and published versions of apps and flows, knowledge bases, connections, and prompts as they are now and as labels name them; of the past
    /// versions of a flow those with which a run still goes on, and those that something names by their number.
    /// </summary>
    /// <param name="text">What stands in the JSON of a definition that is looked for.</param>
    public static async Task<IReadOnlyList<StoredDefinition>> FindAsync(StudioDbContext context, WorkspaceId workspace, string text, CancellationToken cancellationToken)
    {
        var apps = context.Apps.AsNoTracking().Where(row => row.WorkspaceId == workspace);
        var flows = context.Flows.AsNoTracking().Where(row => row.WorkspaceId == workspace);
        var prompts = context.Prompts.AsNoTracking().Where(row => row.WorkspaceId == workspace);
        var found = new List<StoredDefinition>();
        found.AddRange((await apps.Where(row => row.Draft.Contains(text)).Select(row => new { row.Id, row.Name, row.Draft }).ToListAsync(cancellationToken))
            .Select(row => new StoredDefinition(DefinitionKind.App, row.Id.Value, row.Name, null, row.Draft)));
        found.AddRange((await apps.Join(context.AppVersions, row => new { row.Id, Number = row.PublishedVersion }, version => new { Id = version.AppId, Number = (int?)version.Number }, (row, version) => new { row.Id, row.Name, version.Number, version.Definition })
            .Where(row => row.Definition.Contains(text)).ToListAsync(cancellationToken)).Select(row => new StoredDefinition(DefinitionKind.App, row.Id.Value, row.Name, row.Number, row.Definition)));
        found.AddRange((await flows.Where(row => row.Draft.Contains(text)).Select(row => new { row.Id, row.Name, row.Draft }).ToListAsync(cancellationToken))
            .Select(row => new StoredDefinition(DefinitionKind.Flow, row.Id.Value, row.Name, null, row.Draft)));
        var versions = await flows.Join(context.FlowVersions, row => row.Id, version => version.FlowId, (row, version) => new { row.Id, row.Name, row.Slug, row.PublishedVersion, version.Number, version.Hash })
            .Join(context.FlowDefinitions, row => new { FlowId = row.Id, row.Hash }, definition => new { definition.FlowId, definition.Hash }, (row, definition) => new { row.Id, row.Name, row.Slug, row.Number, row.Hash, definition.Json, IsPast = row.Number != row.PublishedVersion })
            .Where(row => row.Json.Contains(text))
            .Select(row => new { row.Id, row.Name, row.Slug, row.Number, row.Json, IsOver = row.IsPast && !context.Runs.Any(run => run.FlowId == row.Id && run.Definition == row.Hash && run.EndedAt == null) })
            .ToListAsync(cancellationToken);
        foreach (var row in versions)
        {
            if (!row.IsOver || await IsNamedAsync(string.Create(CultureInfo.InvariantCulture, $"{row.Slug}@{row.Number}\"")))
            {
                found.Add(new(DefinitionKind.Flow, row.Id.Value, row.Name, row.Number, row.Json));
            }
        }

        found.AddRange((await context.KnowledgeBases.AsNoTracking().Where(row => row.WorkspaceId == workspace && row.Settings != null && row.Settings.Contains(text))
            .Select(row => new { row.Id, row.Name, row.Settings }).ToListAsync(cancellationToken)).Select(row => new StoredDefinition(DefinitionKind.Knowledge, row.Id.Value, row.Name, null, row.Settings!)));
        found.AddRange((await context.Connections.AsNoTracking().Where(row => row.WorkspaceId == workspace && row.Settings.Contains(text))
            .Select(row => new { row.Id, row.Settings }).ToListAsync(cancellationToken))
            .Select(row => new StoredDefinition(DefinitionKind.Connection, row.Id.Value, StudioJson.Read(row.Settings, StudioJson.Default.ConnectionSettings).Name, null, row.Settings)));
        found.AddRange((await prompts.Join(context.PromptVersions, row => row.Id, version => version.PromptId, (row, version) => new { row.Id, row.Name, row.LatestVersion, version.Number, version.Content })
            .Where(row => row.Content.Contains(text) && (row.Number == row.LatestVersion || context.PromptLabels.Any(label => label.PromptId == row.Id && label.Version == row.Number)))
            .ToListAsync(cancellationToken)).Select(row => new StoredDefinition(DefinitionKind.Prompt, row.Id.Value, row.Name, row.Number, row.Content)));
        return found;

        async Task<bool> IsNamedAsync(string version) =>
            await apps.AnyAsync(row => row.Draft.Contains(version) || context.AppVersions.Any(one => one.AppId == row.Id && one.Number == row.PublishedVersion && one.Definition.Contains(version)), cancellationToken)
            || await flows.AnyAsync(row => row.Draft.Contains(version) || context.FlowVersions.Any(one => one.FlowId == row.Id && one.Number == row.PublishedVersion
                && context.FlowDefinitions.Any(definition => definition.FlowId == row.Id && definition.Hash == one.Hash && definition.Json.Contains(version))), cancellationToken);
    }
}
