using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Work;
using MistralStudio.Flows.Compilation;
using MistralStudio.Flows.Engine;
using MistralStudio.Flows.Hosting;
using MistralStudio.Flows.Nodes.Answer;
using MistralStudio.Flows.Nodes.Approval;
using MistralStudio.Flows.Nodes.Code;
using MistralStudio.Flows.Nodes.Condition;
using MistralStudio.Flows.Nodes.ForEach;
using MistralStudio.Flows.Nodes.Form;
using MistralStudio.Flows.Nodes.Given;
using MistralStudio.Flows.Nodes.List;
using MistralStudio.Flows.Nodes.Loop;
using MistralStudio.Flows.Nodes.Merge;
using MistralStudio.Flows.Nodes.Note;
using MistralStudio.Flows.Nodes.Output;
using MistralStudio.Flows.Nodes.Redact;
using MistralStudio.Flows.Nodes.Schedule;
using MistralStudio.Flows.Nodes.SetVariable;
using MistralStudio.Flows.Nodes.Start;
using MistralStudio.Flows.Nodes.SubFlow;
using MistralStudio.Flows.Nodes.Switch;
using MistralStudio.Flows.Nodes.Template;
using MistralStudio.Flows.Nodes.Wait;
using MistralStudio.Flows.Nodes.Webhook;
using MistralStudio.Flows.Words;

namespace MistralStudio.Flows;

/// <summary>Composition of this room.</summary>
public static class FlowServices
{
    /// <summary>
    /// Adds the compiler and the node types that need nothing of other rooms. Those register theirs as singletons of <see cref="NodeType"/> and
    /// <see cref="INodeExecutor"/>.
    /// </summary>
    public static IServiceCollection AddFlows(this IServiceCollection services)
    {
        foreach (var type in new[]
        {
            StartNode.Type, ScheduleNode.Type, WebhookNode.Type, ForEachNode.Type, LoopNode.Type, SubFlowNode.Type, AnswerNode.Type, OutputNode.Type, NoteNode.Type,
        })
        {
            services.AddSingleton(type);
        }

        services.AddNode<ConditionExecutor>(ConditionNode.Type);
        services.AddNode<SwitchExecutor>(SwitchNode.Type);
        services.AddNode<MergeExecutor>(MergeNode.Type);
        services.AddNode<TemplateExecutor>(TemplateNode.Type);
        services.AddNode<CodeExecutor>(CodeNode.Type);
        services.AddNode<RedactExecutor>(RedactNode.Type);
        services.AddNode<GivenExecutor>(GivenNode.Type);
        services.AddNode<SetVariableExecutor>(SetVariableNode.Type);
        services.AddNode<ListExecutor>(ListNode.Type);
        services.AddNode<ApprovalExecutor>(ApprovalNode.Type);
        services.AddNode<FormExecutor>(FormNode.Type);
        services.AddNode<WaitExecutor>(WaitNode.Type);
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<NodeCatalog>();
        services.AddSingleton<FlowCompiler>();
        return services;
    }

    /// <summary>
    /// Adds what runs flows. The journal, versions, rights and blobs come from the rooms that keep them: <see cref="IFlowJournal"/>,
    /// <see cref="IFlowVersions"/>, <see cref="IRunRights"/>; <see cref="INodeResults"/> and <see cref="IRunObserver"/> where there are any.
    /// </summary>
    public static IServiceCollection AddFlowRuns(this IServiceCollection services)
    {
        services.AddSingleton<FlowPlans>();
        services.AddSingleton<FlowWords>();
        services.AddSingleton<FlowEngine>();
        return services;
    }

    /// <summary>
    /// Adds what owns runs in this process, on top of <see cref="AddFlowRuns"/>: their executor, their clock, and who watches them. The stores and
    /// <see cref="IWorkOwner"/> come from other rooms.
    /// </summary>
    public static IServiceCollection AddFlowHosting(this IServiceCollection services)
    {
        services.AddSingleton<RunWatch>();
        services.AddSingleton<IRunObserver>(provider => provider.GetRequiredService<RunWatch>());
        services.TryAddSingleton(provider => new Lazy<IWorkOwner>(provider.GetRequiredService<IWorkOwner>));
        services.AddSingleton<FlowClock>();
        services.AddHostedService(provider => provider.GetRequiredService<FlowClock>());
        services.AddSingleton<IWorkExecutor, RunExecutor>();
        services.AddSingleton<IWorkExecutor, ScheduleExecutor>();
        services.AddSingleton<FlowRuns>();
        services.AddSingleton<RunArchive>();
        services.AddSingleton<IFlowCalls, FlowCalls>();
        return services;
    }

    private static void AddNode<TExecutor>(this IServiceCollection services, NodeType type)
        where TExecutor : class, INodeExecutor
    {
        services.AddSingleton(type);
        services.AddSingleton<INodeExecutor, TExecutor>();
    }
}
