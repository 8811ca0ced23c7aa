using System.Globalization;
using Microsoft.EntityFrameworkCore;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Models;
using MistralStudio.Core.Prompts;
using MistralStudio.Data.Storage;

namespace MistralStudio.Data.Prompts;

/// <inheritdoc cref="IPromptUses"/>
internal sealed class PromptUses(IDbContextFactory<StudioDbContext> contexts, PromptCallCounts counts, TimeProvider time) : IPromptUses
{
    private int Today => DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime).DayNumber;

    public async Task<IReadOnlyList<PromptUse>> ListAsync(WorkspaceId workspace, string? slug, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await ListAsync(context, workspace, slug, cancellationToken);
    }

    public void Count(PromptText version, string? detail, string? client) =>
        counts.Add(new(version.Version.Prompt, version.Version.Number, detail ?? "", Guid.TryParse(client, out var who) ? who : Guid.Empty, Today));

    public async Task<IReadOnlyList<PromptCalls>> ListCallsAsync(WorkspaceId workspace, PromptId prompt, CancellationToken cancellationToken)
    {
        await KeepAsync(cancellationToken);
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Prompts.AnyAsync(row => row.Id == prompt && row.WorkspaceId == workspace, cancellationToken)
            ? await CallsAsync(context, workspace, prompt, cancellationToken)
            : [];
    }

    public async Task<IReadOnlyDictionary<string, int>> CountKeysAsync(WorkspaceId workspace, CancellationToken cancellationToken)
    {
        await KeepAsync(cancellationToken);
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var (first, now) = (Today - IPromptUses.Days + 1, time.GetUtcNow());
        var called = await context.PromptCalls.AsNoTracking().Where(row => row.Day >= first && row.Client != Guid.Empty)
            .Join(context.Prompts.Where(row => row.WorkspaceId == workspace), call => call.PromptId, row => row.Id, (call, row) => new { row.Slug, call.Client })
            .Distinct().ToListAsync(cancellationToken);
        var keys = (await context.ApiKeys.AsNoTracking().Where(key => key.WorkspaceId == workspace && key.RevokedAt == null && (key.ExpiresAt == null || key.ExpiresAt > now))
            .Select(key => key.Id).ToListAsync(cancellationToken)).Select(key => key.Value).ToHashSet();
        return called.Where(call => keys.Contains(call.Client)).GroupBy(call => call.Slug, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.Count(), StringComparer.Ordinal);
    }

    public async Task<IReadOnlyList<PromptPace>> ListPacesAsync(WorkspaceId workspace, int days, CancellationToken cancellationToken)
    {
        await KeepAsync(cancellationToken);
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var (today, first) = (Today, Today - days + 1);
        var rows = await context.PromptCalls.AsNoTracking().Where(row => row.Day >= first)
            .Join(context.Prompts.Where(row => row.WorkspaceId == workspace), call => call.PromptId, row => row.Id, (call, row) => new { row.Slug, call.Day, call.Count })
            .GroupBy(call => new { call.Slug, call.Day }).Select(group => new { group.Key.Slug, group.Key.Day, Count = group.Sum(call => call.Count) })
            .ToListAsync(cancellationToken);
        return
        [
            .. rows.GroupBy(row => row.Slug, StringComparer.Ordinal).Select(group => new PromptPace(
                group.Key, [.. Enumerable.Range(first, today - first + 1).Select(day => group.Where(row => row.Day == day).Sum(row => row.Count))])),
        ];
    }

    /// <summary>Writes what was counted meanwhile.</summary>
    public Task KeepAsync(CancellationToken cancellationToken) => counts.KeepAsync(cancellationToken);

    /// <summary>Why a version may not be deleted, or a prompt where no number is given: each place in words.</summary>
    public async Task<IReadOnlyList<string>> PlacesAsync(StudioDbContext context, PromptRow prompt, int? number, CancellationToken cancellationToken)
    {
        var standing = await context.PromptLabels.AsNoTracking().Where(row => row.PromptId == prompt.Id).ToListAsync(cancellationToken);
        var uses = (await ListAsync(context, prompt.WorkspaceId, prompt.Slug, cancellationToken)).Where(use => number is null || Names(use.Detail) == number);
        var calls = (await CallsAsync(context, prompt.WorkspaceId, prompt.Id, cancellationToken))
            .Where(call => call.KeyName is not null && (number is null || (call.Version == number && Names(call.Detail.Length == 0 ? null : call.Detail) == number)))
            .GroupBy(call => call.KeyName, StringComparer.Ordinal);
        return
        [
            .. number is null ? [] : standing.Where(label => label.Version == number).Select(label => $"label {label.Name}"),
            .. uses.Select(Describe).Distinct(StringComparer.Ordinal),
            .. calls.Select(group => string.Create(CultureInfo.InvariantCulture, $"API key \"{group.Key}\" ({group.Sum(call => call.Count)} calls in {IPromptUses.Days} days)")),
        ];

        // The version that a reference names at this moment.
        int? Names(string? detail) => detail switch
        {
            null or PromptLabel.Latest => prompt.LatestVersion,
            _ when int.TryParse(detail, NumberStyles.None, CultureInfo.InvariantCulture, out var named) => named,
            _ => standing.FirstOrDefault(label => label.Name == detail)?.Version,
        };
    }

    /// <summary>What follows a label: each place in words.</summary>
    public async Task<IReadOnlyList<string>> FollowersAsync(StudioDbContext context, PromptRow prompt, string label, CancellationToken cancellationToken) =>
        [.. (await ListAsync(context, prompt.WorkspaceId, prompt.Slug, cancellationToken)).Where(use => use.Detail == label).Select(Describe).Distinct(StringComparer.Ordinal)];

    private async Task<IReadOnlyList<PromptCalls>> CallsAsync(StudioDbContext context, WorkspaceId workspace, PromptId prompt, CancellationToken cancellationToken)
    {
        var first = Today - IPromptUses.Days + 1;
        var rows = await context.PromptCalls.AsNoTracking().Where(row => row.PromptId == prompt && row.Day >= first)
            .GroupBy(row => new { row.Version, row.Detail, row.Client })
            .Select(group => new { group.Key.Version, group.Key.Detail, group.Key.Client, Count = group.Sum(row => row.Count), Day = group.Max(row => row.Day) })
            .ToListAsync(cancellationToken);
        var now = time.GetUtcNow();
        var keys = (await context.ApiKeys.AsNoTracking().Where(key => key.WorkspaceId == workspace)
            .Select(key => new { key.Id, key.Name, key.RevokedAt, key.ExpiresAt }).ToListAsync(cancellationToken)).ToDictionary(key => key.Id.Value);
        return
        [
            .. rows.GroupBy(row => new { row.Version, row.Detail, Client = keys.ContainsKey(row.Client) ? row.Client : Guid.Empty }).Select(group =>
            {
                var key = keys.GetValueOrDefault(group.Key.Client);
                var lives = key is { RevokedAt: null } && (key.ExpiresAt is null || key.ExpiresAt > now);
                return new PromptCalls(
                    group.Key.Version, group.Key.Detail, key?.Id, lives ? key!.Name : null, group.Sum(row => row.Count), DateOnly.FromDayNumber(group.Max(row => row.Day)));
            }).OrderByDescending(call => call.Count).ThenByDescending(call => call.Version),
        ];
    }

    private static async Task<IReadOnlyList<PromptUse>> ListAsync(StudioDbContext context, WorkspaceId workspace, string? slug, CancellationToken cancellationToken)
    {
        // The text finds what may name a prompt, its JSON says what does.
        var found = await StoredDefinitions.FindAsync(context, workspace, $"\"prompt:{slug}", cancellationToken);
        return
        [
            .. found.SelectMany(one => References(one).Where(reference => slug is null || reference.Name == slug).Distinct()
                .Select(reference => new PromptUse(reference.Name, reference.Detail, one.Kind, one.Id, one.Name, one.Version))),
        ];
    }

    private static IEnumerable<ModelReference> References(StoredDefinition definition) => definition.Models()
        .Select(name => ModelReference.TryParse(name, out var reference) ? reference : null).OfType<ModelReference>().Where(reference => reference.Kind == ModelReferenceKind.Prompt);

    private static string Describe(PromptUse use) => StoredDefinition.Describe(use.Kind, use.Name, use.Version);
}
