using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using MistralStudio.Core.Agents;

namespace MistralStudio.Agents;

/// <summary>Composition of this room.</summary>
public static class AgentServices
{
    /// <summary>Adds <see cref="IAgentRunner"/>; models, search and citations come from the other rooms.</summary>
    public static IServiceCollection AddAgents(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<IAgentRunner, AgentRunner>();
        return services;
    }
}
