using System.CommandLine;
using System.Net.Sockets;
using MistralStudio.Core;
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

        WebApplication app;
        try
        {
            Directory.CreateDirectory(studio.Value.DataPath);
            app = StudioHost.Build(builder, studio.Value);
        }
        catch (Exception exception) when (exception is UnauthorizedAccessException or IOException)
        {
            return Fail(StartupErrors.NotWritable(studio.Value.DataPath));
        }

        await using (app)
        {
            var prepared = await app.Services.GetRequiredService<DatabaseStartup>().PrepareAsync(cancellationToken);
            if (!prepared.IsSuccess)
            {
                return Fail(prepared.Error);
            }

            var hasOwner = await EnsureOwnerAsync(app, cancellationToken);
            if (!hasOwner.IsSuccess)
            {
                return Fail(hasOwner.Error);
            }

            try
            {
                await app.StartAsync(cancellationToken);
            }
            catch (IOException exception) when (exception.GetBaseException() is SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse }
                || exception.Message.Contains("address already in use", StringComparison.OrdinalIgnoreCase))
            {
                return Fail(SettingErrors.PortInUse(studio.Value.Urls));
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
            await app.WaitForShutdownAsync(cancellationToken);
        }

        return 0;
    }

    internal static int Fail(Error error)
    {
        Console.Error.WriteLine(error);
        return 1;
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
