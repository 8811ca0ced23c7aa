using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Components.Server.Circuits;
using MistralStudio.Web.Features.Chat;
using MistralStudio.Web.Features.Flows.FromWords;
using MistralStudio.Web.Features.Playground.Help;
using MistralStudio.Web.Security;
using MudBlazor;
using MudBlazor.Services;

namespace MistralStudio.Web.Layout;

/// <summary>Registers and maps the pages.</summary>
public static class StudioPages
{
    /// <summary>
    /// Adds everything that pages need but for what other rooms give them: <see cref="IWorkspaceScopes"/>, authorisation and the stores.
    /// </summary>
    public static IServiceCollection AddStudioPages(this IServiceCollection services)
    {
        services.AddLocalization();
        services.AddSingleton<PromptHelp>();
        services.AddSingleton<ChatTurns>();
        services.AddHostedService(provider => provider.GetRequiredService<ChatTurns>());
        services.AddSingleton<OpenProposals>();
        services.AddScoped<AnswerBeat>();
        services.AddScoped<LastingRights>();
        services.AddScoped<PageConnection>();
        services.AddScoped<CircuitHandler>(circuit => circuit.GetRequiredService<PageConnection>());
        services.AddRazorComponents().AddInteractiveServerComponents(circuits =>
        {
            circuits.DetailedErrors = false;
            circuits.DisconnectedCircuitRetentionPeriod = TimeSpan.FromMinutes(3);
        }).AddHubOptions(hub => hub.MaximumReceiveMessageSize = 1024 * 1024);
        services.AddCascadingAuthenticationState();
        services.AddMudServices(mud =>
        {
            mud.SnackbarConfiguration.PositionClass = Defaults.Classes.Position.BottomCenter;
            mud.SnackbarConfiguration.VisibleStateDuration = 8000;
            mud.SnackbarConfiguration.PreventDuplicates = true;
        });
        return services;
    }

    /// <summary>Maps static assets and pages.</summary>
    public static WebApplication MapStudioPages(this WebApplication app)
    {
        app.MapStaticAssets().AllowAnonymous();
        // The studio's own policy says who may frame a page.
        var pages = app.MapRazorComponents<Shell>().AddInteractiveServerRenderMode(circuits => circuits.ContentSecurityFrameAncestorsPolicy = null);
        // A shared link is read without an account; what a circuit may show is decided by the page in it.
        pages.Add(endpoint =>
        {
            if (endpoint is RouteEndpointBuilder { RoutePattern.RawText: { } pattern } && pattern.TrimStart('/').StartsWith("_blazor", StringComparison.Ordinal))
            {
                endpoint.Metadata.Add(new AllowAnonymousAttribute());
            }
        });
        return app;
    }
}
