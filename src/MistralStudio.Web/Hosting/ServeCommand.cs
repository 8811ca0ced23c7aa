using System.CommandLine;
using System.Net.Sockets;
using Microsoft.AspNetCore.DataProtection;
using MistralStudio.Cluster;
using MistralStudio.Core;
using MistralStudio.Data;
using MistralStudio.Data.Accounts;
using MistralStudio.Data.Startup;
using MistralStudio.Web.Features.Accounts;
using MistralStudio.Web.Security;
using Serilog.Core;
using Serilog.Events;

namespace MistralStudio.Web.Hosting;

/// <summary><c>serve</c>: the studio itself.</summary>
internal static class ServeCommand
{
    public static Command Create()
    {
        var command = new OperatorCommand("serve", permission: null, "Serves the workspace (what runs without a command).") { TreatUnmatchedTokensAsErrors = false };
        command.SetAction((parsed, cancellationToken) => RunAsync([.. parsed.UnmatchedTokens], cancellationToken));
        return command;
    }

    public static async Task<int> RunAsync(string[] args, CancellationToken cancellationToken)
    {
        var builder = StudioHost.CreateBuilder(args);
        var studio = StudioOptions.Read(builder.Configuration);
        if (!studio.IsSuccess)
        {
            return Fail(studio.Error);
        }

        if (SettingCheck.Find(builder.Configuration) is { } wrong)
        {
            return Fail(wrong);
        }

        WebApplication app;
        var path = studio.Value.DataPath;
        try
        {
            Directory.CreateDirectory(path);
            if (studio.Value.SharedPath is { } shared)
            {
                Directory.CreateDirectory(path = shared);
            }

            app = StudioHost.Build(builder, studio.Value);
        }
        catch (Exception exception) when (exception is UnauthorizedAccessException or IOException)
        {
            return Fail(path == studio.Value.DataPath ? StartupErrors.Of(exception, path) : StartupErrors.NotShared(path));
        }

        await using (app)
        {
            var turn = ServingTurn.Take(app.Services.GetRequiredService<DataFolder>());
            if (!turn.IsSuccess)
            {
                return Fail(turn.Error);
            }

            using var serving = turn.Value;
            var database = app.Services.GetRequiredService<DatabaseStartup>();
            var prepared = await database.PrepareAsync(cancellationToken);
            if (!prepared.IsSuccess)
            {
                return Fail(prepared.Error);
            }

            var databaseTurn = await database.TakeTurnAsync(cancellationToken);
            if (!databaseTurn.IsSuccess)
            {
                return Fail(databaseTurn.Error);
            }

            await using var servingDatabase = databaseTurn.Value;

            Result<bool> hasOwner;
            await using (await database.TakeSetupAsync(cancellationToken))
            {
                if (studio.Value.SharedPath is not null)
                {
                    // The first makes the key that all of them use.
                    app.Services.GetDataProtector(nameof(ServeCommand)).Protect([]);
                }

                hasOwner = await EnsureOwnerAsync(app, cancellationToken);
            }

            if (!hasOwner.IsSuccess)
            {
                return Fail(hasOwner.Error);
            }

            try
            {
                await app.StartAsync(cancellationToken);
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                // A start that fails stops nothing by itself, and this part is still starting.
                await app.Services.GetRequiredService<SiloStart>().StopAsync(CancellationToken.None);
                return Fail(WhyNotStarted(app, studio.Value, exception));
            }

            app.Services.GetRequiredKeyedService<LoggingLevelSwitch>(StudioHost.StartLogs).MinimumLevel = LogEventLevel.Error;
            var url = studio.Value.OpenUrl.ToString().TrimEnd('/');
            if (!hasOwner.Value)
            {
                Console.WriteLine($"Create the owner: {url}/setup?code={app.Services.GetRequiredService<SetupCode>().Value}");
            }

            if (studio.Value.IsNameless)
            {
                Console.WriteLine(OwnNameErrors.NotNamed(studio.Value.Urls));
            }

            Console.WriteLine($"MistralStudio is ready: {url}");
            return await RunToItsEndAsync(app, cancellationToken);
        }
    }

    internal static int Fail(Error error)
    {
        Console.Error.WriteLine(error);
        return 1;
    }

    // Ends with a failure where the silo, which starts beside the pages, turns out not to start at all.
    private static async Task<int> RunToItsEndAsync(WebApplication app, CancellationToken cancellationToken)
    {
        var ended = app.WaitForShutdownAsync(cancellationToken);
        var silo = app.Services.GetRequiredService<SiloStart>().Outcome;
        if (await Task.WhenAny(ended, silo) == silo && (await silo).Error is { } error && !app.Lifetime.ApplicationStopping.IsCancellationRequested)
        {
            app.Lifetime.StopApplication();
            await ended;
            return Fail(error);
        }

        await ended;
        return 0;
    }

    private static Error WhyNotStarted(WebApplication app, StudioOptions studio, Exception exception)
    {
        // Kestrel names the address in front of what the system said.
        if (exception is IOException && exception.Message.Contains("address already in use", StringComparison.OrdinalIgnoreCase))
        {
            return SettingErrors.PortInUse(studio.Urls);
        }

        var reason = exception.GetBaseException();
        if (reason is SocketException)
        {
            return SettingErrors.Wrong("Studio:Urls", studio.Urls, $"an address of this machine that this user may listen on (here: {reason.Message})");
        }

        Log.StartFailed(app.Services.GetRequiredService<ILogger<StudioOptions>>(), exception);
        return reason is Microsoft.Data.Sqlite.SqliteException or IOException or UnauthorizedAccessException
            ? StartupErrors.Of(reason, studio.DataPath)
            : SettingErrors.NotStarted(reason.Message.TrimEnd('.'), Path.Combine(studio.DataPath, "logs"));
    }

    private static async Task<Result<bool>> EnsureOwnerAsync(WebApplication app, CancellationToken cancellationToken)
    {
        if (await app.Services.GetRequiredService<AccountStore>().HasOwnerAsync(cancellationToken))
        {
            return true;
        }

        var owner = app.Configuration.GetSection("Setup:Owner");
        if (owner["Email"] is not { Length: > 0 } email || owner["Password"] is not { Length: > 0 } password)
        {
            return false;
        }

        await using var scope = app.Services.CreateAsyncScope();
        var created = await scope.ServiceProvider.GetRequiredService<AccountForms>().SetUpUnattendedAsync(email, password);
        return created.IsSuccess ? true : created.Error;
    }
}
