using Microsoft.AspNetCore.Authorization;
using ModelContextProtocol.Protocol;
using MistralStudio.Core.Security;
using MistralStudio.Web.Security;

namespace MistralStudio.Web.Features.McpApi;

/// <summary>
/// <c>/mcp</c>: the workspace of a key as an MCP server over streamable HTTP (https://modelcontextprotocol.io), without sessions: published flows,
/// published apps and knowledge bases are its tools.
/// </summary>
public static class McpEndpoint
{
    /// <summary>Adds the server and its tools.</summary>
    public static IServiceCollection AddWorkspaceTools(this IServiceCollection services)
    {
        services.AddSingleton<WorkspaceTools>();
        services.AddMcpServer(options => options.ServerInfo = new Implementation { Name = "MistralStudio", Version = typeof(McpEndpoint).Assembly.GetName().Version!.ToString(3) })
            .WithHttpTransport(http => http.Stateless = true)
            .WithListToolsHandler((request, token) => request.Services!.GetRequiredService<WorkspaceTools>().ListAsync(token))
            .WithCallToolHandler((request, token) => request.Services!.GetRequiredService<WorkspaceTools>().CallAsync(request.Params!, token));
        return services;
    }

    /// <summary>Maps the address: for keys alone, since a browser would send a cookie for another site too.</summary>
    public static void MapMcpApi(this IEndpointRouteBuilder app) => app.MapMcp("/mcp")
        .RequirePermission(Permissions.FlowsRead)
        .RequireAuthorization(new AuthorizationPolicyBuilder(ApiKeyAuthentication.SchemeName).RequireAuthenticatedUser().Build());
}
