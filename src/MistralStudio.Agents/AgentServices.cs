using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using MistralStudio.Agents.Batches;
using MistralStudio.Agents.Connections;
using MistralStudio.Agents.Mail;
using MistralStudio.Agents.Mcp;
using MistralStudio.Agents.Nodes;
using MistralStudio.Agents.Nodes.Agent;
using MistralStudio.Agents.Nodes.Agent.Tools;
using MistralStudio.Agents.Nodes.Classify;
using MistralStudio.Agents.Nodes.Extract;
using MistralStudio.Agents.Nodes.Llm;
using MistralStudio.Agents.Outside;
using MistralStudio.Agents.Turns;
using MistralStudio.Agents.Writing;
using MistralStudio.Core.Agents;
using MistralStudio.Core.Connections;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Models;
using MistralStudio.Core.Work;

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
        services.AddSingleton<TurnTools>();
        services.AddSingleton<TurnFlows>();
        services.AddSingleton<IAgentRunner, AgentRunner>();
        services.AddSingleton<IRemoteModels, RemoteModels>();
        services.AddOutside(mcp, mail);
        services.AddSingleton<IModelWriter, ModelWriter>();
        services.AddSingleton<IWorkExecutor, BatchExecutor>();
        services.AddSingleton<BatchRuns>();
        services.AddSingleton<ModelCalls>();
        services.AddNode<LlmExecutor>(LlmNode.Type);
        services.AddNode<ClassifyExecutor>(ClassifyNode.Type);
        services.AddNode<ExtractExecutor>(ExtractNode.Type);
        services.AddSingleton<IAgentTools, KnowledgeTools>();
        services.AddSingleton<IAgentTools, HttpTools>();
        services.AddSingleton<IAgentTools, FlowTools>();
        services.AddSingleton<IAgentTools, ServerTools>();
        services.AddSingleton(provider => new Lazy<IFlowCalls>(provider.GetRequiredService<IFlowCalls>));
        services.AddSingleton<AgentToolbox>();
        services.AddNode<AgentExecutor>(AgentNode.Type);
        return services;
    }

    private static void AddNode<TExecutor>(this IServiceCollection services, NodeType type)
        where TExecutor : class, INodeExecutor
    {
        services.AddSingleton(type);
        services.AddSingleton<INodeExecutor, TExecutor>();
    }
}
