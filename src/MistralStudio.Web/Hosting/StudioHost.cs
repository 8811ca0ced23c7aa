using System.IO.Compression;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Hosting.StaticWebAssets;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.ResponseCompression;
using Microsoft.Extensions.Configuration.Memory;
using MistralStudio.Core;
using MistralStudio.Data;
using MistralStudio.Data.Accounts;
using MistralStudio.Web.Features.Accounts;
using MistralStudio.Web.Features.WorkspaceApi;
using MistralStudio.Web.Layout;
using MistralStudio.Web.Security;
using Serilog;
using Serilog.Core;
using Serilog.Events;

namespace MistralStudio.Web.Hosting;

/// <summary>Composition of the server.</summary>
public static class StudioHost
{
    /// <summary>Keys the switch that lets the host's own log speak once the start is over.</summary>
    internal const string StartLogs = "start-logs";

    private const long DefaultBodyBytes = 10 * 1024 * 1024;

    /// <summary>Configuration as every command sees it: files, then environment, then command line.</summary>
    public static WebApplicationBuilder CreateBuilder(string[] args)
    {
        // The program's own folder, wherever it is started from.
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
        // Assets do not change under a running server: without this a build's are compressed again, and hardly, for each request.
        builder.Configuration.Sources.Insert(0, new MemoryConfigurationSource { InitialData = [new("ReloadStaticAssetsAtRuntime", "false")] });
        StaticWebAssetsLoader.UseStaticWebAssets(builder.Environment, builder.Configuration);
        return builder;
    }

    /// <summary>Builds the server; nothing is opened or started yet.</summary>
    public static WebApplication Build(WebApplicationBuilder builder, StudioOptions studio)
    {
        AddLogging(builder, studio);
        builder.WebHost.UseSetting(WebHostDefaults.ServerUrlsKey, studio.ManagementUrl is { } management ? $"{studio.Urls};{management}" : studio.Urls);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = DefaultBodyBytes;
        });
        builder.Services.Configure<HostOptions>(host =>
        {
            // Answers take up to ModelDrain.Patience of it; the whole stop stays under the 20 s that operators are promised.
            host.ShutdownTimeout = TimeSpan.FromSeconds(18);
        });
        builder.Services.AddSingleton(studio);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.AddRooms(studio);
        AddAccounts(builder.Services, studio);
        AddPages(builder.Services);
        builder.Services.AddTelemetry(studio);

        var app = builder.Build();
        UsePipeline(app, studio);
        return app;
    }

    private static void AddLogging(WebApplicationBuilder builder, StudioOptions studio)
    {
        var hosting = new LoggingLevelSwitch(LevelAlias.Off);
        builder.Services.AddKeyedSingleton(StartLogs, hosting);
        // Each studio of a process has a log of its own: none writes into another's, or ends it.
        builder.Services.AddSerilog(preserveStaticLogger: true, configureLogger: logging => logging
            .MinimumLevel.Information()
            .MinimumLevel.Override("Microsoft", LogEventLevel.Warning)
            .MinimumLevel.Override("System", LogEventLevel.Warning)
            // Keys lie in a folder of mode 0700 unless the operator wraps them.
            .MinimumLevel.Override("Microsoft.AspNetCore.DataProtection", LogEventLevel.Error)
            .MinimumLevel.Override("Orleans", LogEventLevel.Error)
            // What these log they throw as well, and who catches it logs it once.
            .MinimumLevel.Override("Orleans.Runtime.Silo", LevelAlias.Off)
            .MinimumLevel.Override("Orleans.Runtime.SiloLifecycleSubject", LevelAlias.Off)
            .MinimumLevel.Override("Microsoft.EntityFrameworkCore", LevelAlias.Off)
            .MinimumLevel.Override("Polly", LogEventLevel.Warning)
            // A start that fails is told in one sentence by the command itself.
            .MinimumLevel.Override("Microsoft.Extensions.Hosting", hosting)
            .MinimumLevel.Override("Microsoft.Hosting", hosting)
            // A closed tab is not an error, and unhandled exceptions are logged once, by the exception page.
            .MinimumLevel.Override("Microsoft.AspNetCore.Diagnostics.ExceptionHandlerMiddleware", LogEventLevel.Fatal)
            .ReadFrom.Configuration(builder.Configuration)
            // One line each; the file has the whole exception.
            .WriteTo.Console(outputTemplate: "{Timestamp:HH:mm:ss} {Level:u3} {Message:lj}{NewLine}", formatProvider: System.Globalization.CultureInfo.InvariantCulture)
            .WriteTo.File(
                Path.Combine(studio.DataPath, "logs", "studio-.log"),
                outputTemplate: "{Timestamp:yyyy-MM-dd HH:mm:ss.fff zzz} [{Level:u3}] {TraceId} {Message:lj}{NewLine}{Exception}",
                formatProvider: System.Globalization.CultureInfo.InvariantCulture,
                rollingInterval: RollingInterval.Day,
                retainedFileCountLimit: 14));
    }

    private static void AddAccounts(IServiceCollection services, StudioOptions studio)
    {
        var keys = Directory.CreateDirectory(Path.Combine(studio.SharedPath ?? studio.DataPath, "keys"));
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(keys.FullName, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        services.AddDataProtection().SetApplicationName("MistralStudio").PersistKeysToFileSystem(keys);
        services.AddIdentityCore<StudioUser>(identity =>
            {
                identity.User.RequireUniqueEmail = true;
                identity.Password = new PasswordOptions
                {
                    RequiredLength = 10, RequireDigit = false, RequireLowercase = false, RequireUppercase = false, RequireNonAlphanumeric = false,
                };
                identity.Lockout = new LockoutOptions { MaxFailedAccessAttempts = 5, DefaultLockoutTimeSpan = TimeSpan.FromMinutes(5) };
            })
            .AddEntityFrameworkStores<StudioDbContext>()
            .AddSignInManager();
        services.AddAuthentication(IdentityConstants.ApplicationScheme).AddIdentityCookies(cookies => cookies.ApplicationCookie!.Configure(cookie =>
        {
            cookie.Cookie.Name = "studio";
            cookie.Cookie.SameSite = SameSiteMode.Lax;
            cookie.Cookie.HttpOnly = true;
            cookie.LoginPath = "/sign-in";
            cookie.AccessDeniedPath = "/forbidden";
            cookie.ExpireTimeSpan = SignInStore.CookieLife;
            cookie.SlidingExpiration = true;
            cookie.Events.OnSigningIn = context =>
            {
                SignIns.Begin(context.Principal);
                return Task.CompletedTask;
            };
            cookie.Events.OnRedirectToLogin = context => RedirectOrRefuse(context, AccessErrors.Unauthenticated());
            cookie.Events.OnRedirectToAccessDenied = DenyAsync;
        }));
        services.AddAuthentication().AddScheme<AuthenticationSchemeOptions, ApiKeyAuthentication>(ApiKeyAuthentication.SchemeName, null);
        services.Configure<AuthenticationOptions>(authentication => authentication.DefaultScheme = PolicyScheme);
        services.AddAuthentication().AddPolicyScheme(PolicyScheme, null, policy => policy.ForwardDefaultSelector = http =>
            ApiKeyAuthentication.TokenOf(http.Request) is not null || http.Request.Path.StartsWithSegments("/v1")
                ? ApiKeyAuthentication.SchemeName
                : IdentityConstants.ApplicationScheme);
        // A sign-out everywhere reaches ordinary requests as soon as it reaches circuits.
        services.Configure<SecurityStampValidatorOptions>(stamps =>
        {
            stamps.ValidationInterval = StandingRights.Interval;
            stamps.OnRefreshingPrincipal = SignIns.CarryAsync;
        });
        services.AddScoped<ISecurityStampValidator, SignInValidator>();
        services.AddSingleton<StandingRights>();
        services.AddSingleton<IAuthorizationPolicyProvider, PermissionPolicies>();
        services.AddSingleton<IAuthorizationHandler, PermissionHandler>();
        // What names no permission needs a sign-in.
        services.AddAuthorizationBuilder().SetFallbackPolicy(new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build());
        services.AddHttpContextAccessor();
        services.AddSingleton<Callers>();
        services.AddSingleton<SetupCode>();
        services.AddScoped<AccountForms>();
        services.AddRateLimiter(limits =>
        {
            limits.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
            limits.OnRejected = async (rejected, _) => await ErrorResults.WriteAsync(rejected.HttpContext, AccessErrors.TooManyRequests());
            limits.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, string>(http => AccountForms.IsOne(http.Request)
                ? RateLimitPartition.GetFixedWindowLimiter(
                    http.Connection.RemoteIpAddress?.ToString() ?? "", _ => new() { PermitLimit = 30, Window = TimeSpan.FromMinutes(1) })
                : RateLimitPartition.GetNoLimiter(""));
        });
        services.AddHsts(hsts => hsts.MaxAge = TimeSpan.FromDays(180));
        services.AddAntiforgery(antiforgery =>
        {
            antiforgery.HeaderName = "X-Studio-Antiforgery";
            antiforgery.Cookie.Name = "studio-antiforgery";
            antiforgery.Cookie.SameSite = SameSiteMode.Strict;
        });
    }

    private const string PolicyScheme = "CookieOrKey";

    private static void AddPages(IServiceCollection services)
    {
        services.AddStudioPages();
        services.AddScoped<IWorkspaceScopes, WorkspaceScopes>();
        // After AddStudioPages, which brings a provider of its own.
        services.AddScoped<AuthenticationStateProvider, CircuitRevocation>();
        services.AddResponseCompression(compression => compression.EnableForHttps = true);
        // The fastest level saves a millisecond and costs a browser's first visit tens of kilobytes.
        services.Configure<BrotliCompressionProviderOptions>(brotli => brotli.Level = CompressionLevel.Optimal);
    }

    private static void UsePipeline(WebApplication app, StudioOptions studio)
    {
        if (studio.KnownProxies.Count > 0)
        {
            var forwarded = new ForwardedHeadersOptions { ForwardedHeaders = ForwardedHeaders.All };
            foreach (var proxy in studio.KnownProxies)
            {
                forwarded.KnownProxies.Add(proxy);
            }

            app.UseForwardedHeaders(forwarded);
        }

        app.UseManagement(studio);
        app.UseOwnNames(studio);
        app.UseResponseCompression();
        app.UseRootedCircuits();
        app.UseBrowserRules(studio);
        app.UseReadersLanguage();
        app.UseMiddleware<ExceptionPage>();
        app.UseHsts();
        app.UseStatusCodePagesWithReExecute("/not-found", createScopeForStatusCodePages: true);
        app.UseIdempotency();
        app.UseMiddleware<RefusedBody>();
        app.UseRouting();
        app.UseRateLimiter();
        app.UseAuthentication();
        app.UseAuthorization();
        app.UseMiddleware<StreamRevocation>();
        app.UseAntiforgery();
        app.MapStudio();
    }

    // Scripts get an answer they can read; people get a page.
    private static Task RedirectOrRefuse<TOptions>(RedirectContext<TOptions> context, Error error)
        where TOptions : AuthenticationSchemeOptions
    {
        if (context.Request.Path.StartsWithSegments("/api") || context.Request.Path.StartsWithSegments("/v1"))
        {
            return ErrorResults.WriteAsync(context.HttpContext, error);
        }

        context.Response.Redirect(context.RedirectUri);
        return Task.CompletedTask;
    }

    // A workspace of others does not exist for who is no member of it.
    private static async Task DenyAsync(RedirectContext<CookieAuthenticationOptions> context)
    {
        var http = context.HttpContext;
        if (http.GetRouteValue(Callers.WorkspaceParameter) is string slug
            && await http.RequestServices.GetRequiredService<Callers>().FindMembershipAsync(http.User, slug, http.RequestAborted) is null)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        await RedirectOrRefuse(context, AccessErrors.Forbidden());
    }
}
