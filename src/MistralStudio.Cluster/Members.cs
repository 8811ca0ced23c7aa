using Microsoft.Extensions.DependencyInjection;
using MistralStudio.Core;

namespace MistralStudio.Cluster;

/// <summary>The processes that serve the database together, as this one sees them.</summary>
/// <param name="services">Asked once the silo has started: making it is a good part of the start.</param>
internal sealed class Members(IServiceProvider services, SiloStart silo) : IReadiness
{
    /// <inheritdoc/>
    public string Part => "cluster";

    /// <inheritdoc/>
    public ValueTask<Error?> CheckAsync(CancellationToken cancellationToken)
    {
        if (!silo.Outcome.IsCompletedSuccessfully)
        {
            return ValueTask.FromResult<Error?>(WorkErrors.NotJoined());
        }

        var me = services.GetRequiredService<ILocalSiloDetails>().SiloAddress;
        return ValueTask.FromResult(Service.CurrentSnapshot.GetSiloStatus(me) == SiloStatus.Active ? null : WorkErrors.NotJoined());
    }

    /// <summary>Notes those that have ended, or were taken for dead, and are known as such now.</summary>
    public void Note(ISet<SiloAddress> gone) => gone.UnionWith(DeadIn(Service.CurrentSnapshot));

    /// <summary>Waits until one more has ended or was taken for dead, notes it, and gives how many.</summary>
    public async Task<int> WaitForDeathAsync(ISet<SiloAddress> gone, CancellationToken cancellationToken)
    {
        await foreach (var snapshot in Service.MembershipUpdates.WithCancellation(cancellationToken))
        {
            var news = DeadIn(snapshot).Count(gone.Add);
            if (news > 0)
            {
                return news;
            }
        }

        // The silo has stopped, and hears no more.
        await Task.Delay(Timeout.Infinite, cancellationToken);
        return 0;
    }

    private static IEnumerable<SiloAddress> DeadIn(ClusterMembershipSnapshot snapshot) =>
        snapshot.Members.Values.Where(member => member.Status == SiloStatus.Dead).Select(member => member.SiloAddress);

    private IClusterMembershipService Service => services.GetRequiredService<IClusterMembershipService>();
}
