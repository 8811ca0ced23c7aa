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
    /// Adds the silo that owns work, inside this process: on loopback and free ports, since a silo's ports have no authentication of their
    /// own. Executors are registered by their rooms as <see cref="IWorkExecutor"/>.
    /// </summary>
    public static IHostApplicationBuilder AddCluster(this IHostApplicationBuilder builder, WorkLimits? limits = null)
    {
        var before = builder.Services.Count;
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering(siloPort: FreePort(), gatewayPort: 0);
            silo.Configure<EndpointOptions>(endpoints => endpoints.AdvertisedIPAddress = IPAddress.Loopback);
            silo.Configure<ClusterMembershipOptions>(membership =>
            {
                // One silo has no peers to probe or to hear of.
                membership.TableRefreshTimeout = TimeSpan.FromMinutes(10);
                membership.IAmAliveTablePublishTimeout = TimeSpan.FromMinutes(10);
            });
        });
        StartBesidePages(builder.Services, before);
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
    private static int FreePort()
    {
        for (var tries = 0; ; tries++)
        {
            var port = Random.Shared.Next(20_000, 32_000);
            using var listener = new TcpListener(IPAddress.Loopback, port);
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
