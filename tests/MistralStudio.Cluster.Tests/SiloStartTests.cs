using System.Net;
using System.Net.NetworkInformation;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using MistralStudio.Core;
using MistralStudio.Core.Work;
using Orleans.Configuration;

namespace MistralStudio.Cluster.Tests;

public sealed class SiloStartTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task TheSilo_ListensOnLoopbackAlone_OnAPortThatWasFree()
    {
        using var host = await StartAsync(_ => { });
        Assert.True((await host.Services.GetRequiredService<SiloStart>().Outcome.WaitAsync(Token)).IsSuccess);
        var endpoints = host.Services.GetRequiredService<IOptions<EndpointOptions>>().Value;
        Assert.Equal(0, endpoints.GatewayPort);
        var listening = IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().Where(address => address.Port == endpoints.SiloPort).ToList();
        Assert.NotEmpty(listening);
        Assert.All(listening, address => Assert.True(IPAddress.IsLoopback(address.Address), address.ToString()));

        using var second = await StartAsync(_ => { });
        Assert.True((await second.Services.GetRequiredService<SiloStart>().Outcome.WaitAsync(Token)).IsSuccess);
        await second.StopAsync(Token);
        await host.StopAsync(Token);
    }

    [Fact]
    public async Task ASiloThatDoesNotStart_IsOneSentence_AndNothingWaitsForEver()
    {
        using var host = await StartAsync(services => services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(new Broken()));
        var outcome = await host.Services.GetRequiredService<SiloStart>().Outcome.WaitAsync(Token);
        Assert.Equal("work.not_started", outcome.Error?.Code);
        Assert.Contains("the ports are gone", outcome.Error?.Message, StringComparison.Ordinal);

        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() =>
            host.Services.GetRequiredService<IWorkOwner>().StartAsync(new("listed", "a"), Token));
        Assert.Equal(outcome.Error?.ToString(), refused.Message);
        await host.StopAsync(Token);
        Assert.Equal("work.not_started", (await host.Services.GetServices<IReadiness>().Single().CheckAsync(Token))?.Code);
    }

    [Fact]
    public async Task WorkIsReady_OnceItWasListed_AlsoWhereTheFirstTryFails()
    {
        var executor = new ListedExecutor();
        using var host = await StartAsync(services => services.AddSingleton<IWorkExecutor>(executor));
        var work = host.Services.GetServices<IReadiness>().Single();
        Assert.NotNull(await work.CheckAsync(Token));
        executor.Allow.SetResult();
        await executor.Ran.Task.WaitAsync(Token);
        while (await work.CheckAsync(Token) is not null)
        {
            await Task.Yield();
        }

        Assert.Equal(2, executor.Lists);
        await host.StopAsync(Token);
    }

    [Fact]
    public async Task AStartThatFailsElsewhere_EndsTheResumptionQuietly()
    {
        var builder = Builder(services => services.AddHostedService<FailingStart>());
        using var host = builder.Build();
        Assert.Equal("elsewhere", (await Assert.ThrowsAsync<InvalidOperationException>(() => host.StartAsync(Token))).Message);
        var silo = host.Services.GetRequiredService<SiloStart>();
        Assert.True((await silo.Outcome.WaitAsync(Token)).IsSuccess);
        var resumption = host.Services.GetServices<IHostedService>().OfType<WorkResumption>().Single();
        await resumption.StopAsync(Token);
        Assert.True(resumption.ExecuteTask!.IsCompletedSuccessfully);
        await silo.StopAsync(Token);
    }

    [Fact]
    public async Task AStartThatFailsBeforeIt_LeavesNothingToWaitFor()
    {
        using var host = Builder(services => services.AddOptions<Chosen>().Validate(_ => false, "not so").ValidateOnStart()).Build();
        await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync(Token));
        var silo = host.Services.GetRequiredService<SiloStart>();
        await silo.StopAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30), Token);
        Assert.False(silo.Outcome.IsCompleted);
    }

    private static async Task<IHost> StartAsync(Action<IServiceCollection> add)
    {
        var host = Builder(add).Build();
        await host.StartAsync(Token);
        return host;
    }

    private static HostApplicationBuilder Builder(Action<IServiceCollection> add)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.AddCluster(new WorkLimits { FirstRetry = TimeSpan.FromMilliseconds(1) });
        add(builder.Services);
        if (builder.Services.All(service => service.ServiceType != typeof(IWorkExecutor)))
        {
            builder.Services.AddSingleton<IWorkExecutor>(new ListedExecutor());
        }

        return builder;
    }

    private sealed class Broken : ILifecycleParticipant<ISiloLifecycle>
    {
        public void Participate(ISiloLifecycle lifecycle) => lifecycle.Subscribe(
            nameof(Broken), ServiceLifecycleStage.RuntimeInitialize, _ => throw new InvalidOperationException("the ports are gone."), _ => Task.CompletedTask);
    }

    private sealed class Chosen;

    private sealed class FailingStart : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => throw new InvalidOperationException("elsewhere");

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    /// <summary>Cannot list its work at first.</summary>
    private sealed class ListedExecutor : IWorkExecutor
    {
        public TaskCompletionSource Allow { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Ran { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int Lists { get; private set; }

        public string Kind => "listed";

        public Task ExecuteAsync(WorkKey work, IWorkSignals signals, CancellationToken cancellationToken)
        {
            Ran.TrySetResult();
            return Task.CompletedTask;
        }

        public async Task<IReadOnlyList<string>> ListUnfinishedAsync(CancellationToken cancellationToken)
        {
            await Allow.Task.WaitAsync(cancellationToken);
            return ++Lists == 1 ? throw new IOException("the database is busy") : ["a"];
        }
    }
}
