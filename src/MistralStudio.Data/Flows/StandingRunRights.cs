using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using MistralStudio.Core;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Security;
using MistralStudio.Data.Accounts;

namespace MistralStudio.Data.Flows;

/// <summary>
/// The rights that a run's authority holds at this moment: those of a member's present role, cut with the scopes of the key that began a draft.
/// </summary>
internal sealed class StandingRunRights(IDbContextFactory<StudioDbContext> contexts, TimeProvider time) : IRunRights
{
    /// <inheritdoc/>
    public async ValueTask<Result<RunRights>> ResolveAsync(RunStart run, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(run);
        var (user, version) = (run.Authority.User, run.Authority.PublishedVersion);
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var role = await StandingGrants.RoleOfAsync(context, run.Workspace, user, cancellationToken);
        if (role is null)
        {
            return version is null ? RunRightsErrors.StarterGone() : RunRightsErrors.PublisherGone();
        }

        if (version is not null && !RolePermissions.Grants(role.Value, Permissions.FlowsPublish))
        {
            return RunRightsErrors.PublisherGone();
        }

        var granted = RolePermissions.Of(role.Value);
        if (run.Authority.Key is { } key)
        {
            var scopes = await StandingGrants.ScopesOfAsync(context, run.Workspace, key, time.GetUtcNow(), cancellationToken);
            if (scopes is null)
            {
                return RunRightsErrors.KeyGone();
            }

            // A version acts with what its publisher granted, whoever calls it.
            if (version is null)
            {
                granted = scopes.Where(granted.Contains).ToFrozenSet(StringComparer.Ordinal);
            }
        }

        return new RunRights(new Caller(run.Workspace, user, granted), NameOf(granted));
    }

    // Bases are the workspace's: who has the same permissions in it reads the same.
    private static string NameOf(FrozenSet<string> granted) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join(' ', granted.Order(StringComparer.Ordinal)))))[..16];
}

/// <summary>Why a run has no rights left.</summary>
internal static class RunRightsErrors
{
    public static Error StarterGone() => new(
        "run.starter_gone", "Whoever started this run is no longer an active member of the workspace.", "Somebody who is may start it again.");

    public static Error PublisherGone() => new(
        "flow.publisher_gone", "Whoever published this version may not publish flows here any more.", "Somebody who may has to publish it again.");

    public static Error KeyGone() => new("run.key_gone", "The API key that started this run was revoked or has expired.", "Start the run again with another key.");
}
