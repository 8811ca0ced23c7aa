using System.Collections.Concurrent;
using System.Collections.Frozen;
using MistralStudio.Core;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Security;

namespace MistralStudio.Tests.Shared.Fakes;

/// <summary>Definitions in memory, by hash and by slug.</summary>
public sealed class InMemoryFlowVersions : IFlowVersions
{
    private readonly ConcurrentDictionary<(WorkspaceId Workspace, string Hash), FlowVersion> _byHash = new();
    private readonly ConcurrentDictionary<(WorkspaceId Workspace, string Slug), List<FlowVersion>> _bySlug = new();

    /// <summary>Keeps a definition; under a slug as its next version.</summary>
    public FlowVersion Add(WorkspaceId workspace, string hash, string json, string? slug = null)
    {
        var versions = slug is null ? null : _bySlug.GetOrAdd((workspace, slug), _ => []);
        var version = new FlowVersion(FlowId.New(), hash, versions?.Count + 1, json);
        versions?.Add(version);
        return _byHash[(workspace, hash)] = version;
    }

    /// <inheritdoc/>
    public ValueTask<FlowVersion?> FindAsync(WorkspaceId workspace, string hash, CancellationToken cancellationToken) =>
        new(_byHash.GetValueOrDefault((workspace, hash)));

    /// <inheritdoc/>
    public ValueTask<FlowVersion?> FindAsync(WorkspaceId workspace, string slug, int? number, CancellationToken cancellationToken) =>
        new(_bySlug.GetValueOrDefault((workspace, slug))?.LastOrDefault(version => number is null || version.Number == number));
}

/// <summary>Rights of runs that a test gives and takes.</summary>
public sealed class FixedRunRights : IRunRights
{
    /// <summary>Why there are none; null where there are.</summary>
    public Error? Refusal { get; set; }

    /// <summary>Names what may be read.</summary>
    public string AccessSet { get; set; } = "all";

    /// <summary>The permissions of the run.</summary>
    public FrozenSet<string> Granted { get; set; } = FrozenSet<string>.Empty;

    /// <inheritdoc/>
    public ValueTask<Result<RunRights>> ResolveAsync(RunStart run, CancellationToken cancellationToken) => new(Refusal is { } refusal
        ? refusal
        : new RunRights(new Caller(run.Workspace, run.Authority.User, Granted), AccessSet));
}
