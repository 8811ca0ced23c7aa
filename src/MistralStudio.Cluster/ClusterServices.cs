using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using MistralStudio.Core;
using MistralStudio.Core.Work;
using Orleans.Configuration;

namespace MistralStudio.Cluster;

/// <summary>Composition of this room.</summary>
public static class ClusterServices
{
    /// <summary>
    /// Adds the silo that owns work, inside this process: on loopback and a free port where it is alone, since a silo's ports have no
    /// authentication of their own. Executors are registered by their rooms as <see cref="IWorkExecutor"/>.
    /// </summary>
    /// <param name="sharing">How it owns work together with other processes; null where it is alone.</param>
    public static IHostApplicationBuilder AddCluster(this IHostApplicationBuilder builder, WorkLimits? limits = null, ClusterSharing? sharing = null)
    {
        var before = builder.Services.Count;
        builder.UseOrleans(silo =>
        {
            if (sharing is null)
            {
                BeAlone(silo);
            }
            else
            {
                Join(silo, sharing);
            }
        });
        StartBesidePages(builder.Services, before);
        if (sharing is not null)
        {
            builder.Services.AddSingleton<Members>();
            builder.Services.AddSingleton<IReadiness>(provider => provider.GetRequiredService<Members>());
        }

        // It advises on server GC and warns of its own first seconds at every start; its errors stay.
        builder.Logging.AddFilter("Orleans", LogLevel.Error);
        builder.Services.AddSingleton(limits ?? new WorkLimits());
        builder.Services.AddSingleton<WorkExecutors>();
        builder.Services.AddSingleton<IWorkOwner, GrainWorkOwner>();
        builder.Services.AddSingleton<WorkResumption>();
        builder.Services.AddSingleton<IReadiness>(provider => provider.GetRequiredService<WorkResumption>());
        builder.Services.AddHostedService(provider => provider.GetRequiredService<WorkResumption>());
        return builder;
    }

    private static void BeAlone(ISiloBuilder silo)
    {
        silo.UseLocalhostClustering(siloPort: FreePort(IPAddress.Loopback), gatewayPort: 0);
        silo.Configure<EndpointOptions>(endpoints => endpoints.AdvertisedIPAddress = IPAddress.Loopback);
        silo.Configure<ClusterMembershipOptions>(membership =>
        {
            // One silo has no peers to probe or to hear of.
            membership.TableRefreshTimeout = TimeSpan.FromMinutes(10);
            membership.IAmAliveTablePublishTimeout = TimeSpan.FromMinutes(10);
        });
    }

    private static void Join(ISiloBuilder silo, ClusterSharing sharing)
    {
        silo.UseAdoNetClustering(clustering => (clustering.Invariant, clustering.ConnectionString) = ("Npgsql", sharing.Postgres));
        silo.Configure<Orleans.Configuration.ClusterOptions>(cluster => (cluster.ClusterId, cluster.ServiceId) = ("studio", "studio"));
        silo.Configure<EndpointOptions>(endpoints =>
        {
            endpoints.AdvertisedIPAddress = sharing.Address;
            endpoints.SiloPort = sharing.Port == 0 ? FreePort(sharing.Address) : sharing.Port;
            // Nobody but its peers speaks to it.
            endpoints.GatewayPort = 0;
        });
        silo.Configure<ClusterMembershipOptions>(membership =>
        {
            membership.ProbeTimeout = sharing.ProbeEvery;
            membership.NumMissedProbesLimit = ClusterSharing.MissedProbes;
            // Who did not say for so long that it lives is not waited for by one that joins: all may have been killed at once.
            membership.IAmAliveTablePublishTimeout = sharing.ProbeEvery;
            membership.NumMissedTableIAmAliveLimit = ClusterSharing.MissedProbes;
        });
    }

    private static void StartBesidePages(IServiceCollection services, int before)
    {
        var silo = services.Skip(before).Single(service => service.ServiceType == typeof(IHostedService));
        services.Remove(silo);
        services.AddSingleton(provider => new SiloStart(
            () => (IHostedService)ActivatorUtilities.CreateInstance(provider, silo.ImplementationType!),
            provider.GetRequiredService<ILogger<SiloStart>>()));
        services.AddHostedService(provider => provider.GetRequiredService<SiloStart>());
    }

    // Below the ports that systems lend to outgoing connections: one of those may be lent to somebody else before the silo, which starts
    // beside the pages, listens on it.
    private static int FreePort(IPAddress address)
    {
        for (var tries = 0; ; tries++)
        {
            var port = Random.Shared.Next(20_000, 32_000);
            using var listener = new TcpListener(address, port);
            try
            {
                listener.Start();
                return port;
            }
            catch (SocketException) when (tries < 100)
            {
                // Taken: another one.
            }
        }
    }
}

/// <summary>How much work runs at once, and how soon a fault is tried again.</summary>
public sealed record WorkLimits
{
    /// <summary>Pieces of one kind that run at the same time in this process; the others wait in order.</summary>
    public int ConcurrencyPerKind { get; init; } = 2;

    /// <summary>Wait before the first retry after a fault; doubles with each one.</summary>
    public TimeSpan FirstRetry { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Longest wait between retries.</summary>
    public TimeSpan LongestRetry { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>The wait after a fault.</summary>
    /// <param name="faults">Faults in a row so far, from 1.</param>
    public TimeSpan RetryAfter(int faults)
    {
        var doubled = FirstRetry.TotalMilliseconds * Math.Pow(2, Math.Min(faults - 1, 30));
        return TimeSpan.FromMilliseconds(Math.Min(doubled, LongestRetry.TotalMilliseconds));
    }
}
