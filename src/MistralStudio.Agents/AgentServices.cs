using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using MistralStudio.Agents.Connections;
using MistralStudio.Core.Agents;
using MistralStudio.Core.Connections;

namespace MistralStudio.Agents;

/// <summary>Composition of this room.</summary>
public static class AgentServices
{
    /// <summary>Adds <see cref="IAgentRunner"/> and <see cref="IRemoteModels"/>; models, search, citations and the way out come from elsewhere.</summary>
    public static IServiceCollection AddAgents(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<IAgentRunner, AgentRunner>();
        services.AddSingleton<IRemoteModels, RemoteModels>();
        return services;
    }
}
