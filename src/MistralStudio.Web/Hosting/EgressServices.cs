using MistralStudio.Core;
using MistralStudio.Core.Egress;

namespace MistralStudio.Web.Hosting;

/// <summary>The guarded way out and the hosts that the operator allows.</summary>
internal static class EgressServices
{
    public static void AddEgress(this WebApplicationBuilder builder) => builder.Services.AddEgress(builder.Configuration);

    public static void AddEgress(this IServiceCollection services, IConfiguration configuration)
    {
        // Checked before anything is built, see SettingCheck.
        services.AddSingleton<IAllowedHosts>(Read(configuration).Hosts!);
        services.AddSingleton<INetwork, SystemNetwork>();
        services.AddSingleton<IEgress, GuardedEgress>();
    }

    /// <summary>The first entry that is no place; null where all are well.</summary>
    public static Error? FindWrong(IConfiguration configuration) => Read(configuration).Wrong is { } wrong
        ? SettingErrors.Wrong($"{OperatorHosts.Section}:{OperatorHosts.Setting}", wrong, "a list of host:port, like localhost:11434 or 10.0.0.7:8000")
        : null;

    private static (OperatorHosts? Hosts, string? Wrong) Read(IConfiguration configuration) =>
        OperatorHosts.Read(configuration.GetSection(OperatorHosts.Section).GetSection(OperatorHosts.Setting).Get<string[]>() ?? []);
}
