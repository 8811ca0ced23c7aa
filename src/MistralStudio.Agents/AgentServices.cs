using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using MistralStudio.Agents.Connections;
using MistralStudio.Agents.Mail;
using MistralStudio.Agents.Mcp;
using MistralStudio.Agents.Outside;
using MistralStudio.Core.Agents;
using MistralStudio.Core.Connections;

namespace MistralStudio.Agents;

/// <summary>Composition of this room.</summary>
public static class AgentServices
{
    /// <summary>
    /// Adds <see cref="IAgentRunner"/>, <see cref="IRemoteModels"/>, <see cref="IToolServers"/> and the node types of this room; models, search,
    /// citations, connections and the way out come from elsewhere.
    /// </summary>
    /// <param name="mcp">Binds section <see cref="McpOptions.Section"/>.</param>
    /// <param name="mail">Binds section <see cref="MailOptions.Section"/>.</param>
    public static IServiceCollection AddAgents(this IServiceCollection services, Action<McpOptions>? mcp = null, Action<MailOptions>? mail = null)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<IAgentRunner, AgentRunner>();
        services.AddSingleton<IRemoteModels, RemoteModels>();
        services.AddOutside(mcp, mail);
        return services;
    }
}
