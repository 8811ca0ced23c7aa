using Microsoft.Extensions.DependencyInjection;
using MistralStudio.Agents.Mail;
using MistralStudio.Agents.Mcp;
using MistralStudio.Agents.Nodes.HttpRequest;
using MistralStudio.Agents.Nodes.McpTool;
using MistralStudio.Agents.Nodes.Send;
using MistralStudio.Core.Flows;

namespace MistralStudio.Agents.Outside;

/// <summary>Composition of what acts on the world.</summary>
internal static class OutsideServices
{
    /// <summary>Adds <see cref="IToolServers"/>, <see cref="IMailer"/> and the node types that use them and the guarded way out.</summary>
    public static IServiceCollection AddOutside(this IServiceCollection services, Action<McpOptions>? mcp, Action<MailOptions>? mail)
    {
        var servers = services.AddOptions<McpOptions>().ValidateDataAnnotations().ValidateOnStart();
        var post = services.AddOptions<MailOptions>().ValidateDataAnnotations().ValidateOnStart();
        if (mcp is not null)
        {
            servers.Configure(mcp);
        }

        if (mail is not null)
        {
            post.Configure(mail);
        }

        services.AddSingleton<OutsideGate>();
        services.AddSingleton<ToolServers>();
        services.AddSingleton<IToolServers>(provider => provider.GetRequiredService<ToolServers>());
        services.AddSingleton<IMailer, SmtpMailer>();
        services.AddSingleton(HttpRequestNode.Type).AddSingleton<INodeExecutor, HttpRequestExecutor>();
        services.AddSingleton(SendNode.Type).AddSingleton<INodeExecutor, SendExecutor>();
        services.AddSingleton(McpToolNode.Type).AddSingleton<INodeExecutor, McpToolExecutor>();
        return services;
    }
}
