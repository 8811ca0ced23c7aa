using MistralStudio.Core.Ids;

namespace MistralStudio.Core.Prompts;

/// <summary>A place that names a prompt as its model.</summary>
/// <param name="Slug">Of the prompt.</param>
/// <param name="Detail">What stands after <c>@</c>: a number or a label; null: the latest version.</param>
/// <param name="Id">Of the app, flow, base or connection.</param>
/// <param name="Version">Number of the version of the app or flow that names it; null for a draft, and for what has no versions.</param>
public sealed record PromptUse(string Slug, string? Detail, DefinitionKind Kind, Guid Id, string Name, int? Version);

/// <summary>Calls of one version in the last 30 days.</summary>
/// <param name="Detail">How it was named: a number, a label; empty: the latest version.</param>
/// <param name="Key">The API key that called; null where people, apps and flows did.</param>
/// <param name="KeyName">The key's name; null where no key called, or it was revoked.</param>
/// <param name="Count">How many.</param>
/// <param name="LastDay">Day of the last one.</param>
public sealed record PromptCalls(int Version, string Detail, ApiKeyId? Key, string? KeyName, long Count, DateOnly LastDay);

/// <summary>Calls of a prompt, day by day.</summary>
/// <param name="Days">Oldest first; the last is today.</param>
public sealed record PromptPace(string Slug, IReadOnlyList<long> Days);

/// <summary>Where prompts are used.</summary>
public interface IPromptUses
{
    /// <summary>How many days calls are told of.</summary>
    const int Days = 30;

    /// <summary>Apps, flows, knowledge bases and connections that name a prompt.</summary>
    /// <param name="slug">One prompt; null: all.</param>
    Task<IReadOnlyList<PromptUse>> ListAsync(WorkspaceId workspace, string? slug, CancellationToken cancellationToken);

    /// <summary>Counts a call. It costs no more than a number in memory; it is kept within seconds.</summary>
    /// <param name="client">See <see cref="Models.ChatOptionKeys.Client"/>.</param>
    void Count(PromptText version, string? detail, string? client);

    /// <summary>Calls of a prompt in the last <see cref="Days"/> days, the most first.</summary>
    Task<IReadOnlyList<PromptCalls>> ListCallsAsync(WorkspaceId workspace, PromptId prompt, CancellationToken cancellationToken);

    /// <summary>How many live API keys called each prompt in the last <see cref="Days"/> days, by slug; prompts that none called are left out.</summary>
    Task<IReadOnlyDictionary<string, int>> CountKeysAsync(WorkspaceId workspace, CancellationToken cancellationToken);

    /// <summary>Calls of all prompts in the last days.</summary>
    Task<IReadOnlyList<PromptPace>> ListPacesAsync(WorkspaceId workspace, int days, CancellationToken cancellationToken);
}
