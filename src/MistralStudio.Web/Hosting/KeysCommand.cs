using System.CommandLine;
using System.Globalization;
using MistralStudio.Core;
using MistralStudio.Core.Security;
using MistralStudio.Data.Accounts;
using MistralStudio.Web.Features.Settings;

namespace MistralStudio.Web.Hosting;

/// <summary><c>keys create</c>: prints the key alone on standard output.</summary>
internal static class KeysCommand
{
    public static Command Create()
    {
        var name = new Option<string>("--name") { Description = "What the key is for.", Required = true };
        var scopes = new Option<string[]>("--scope") { Description = "A permission that it carries; repeat it. Without any: all of the Owner's." };
        var expires = new Option<string?>("--expires") { Description = "When it ends: a date (2027-01-31) or a number of days (90)." };
        var create = new OperatorCommand("create", Permissions.KeysManage, "Makes an API key of the default workspace and prints it.") { name, scopes, expires };
        create.SetAction((parsed, cancellationToken) => OfflineServices.RunAsync(
            (services, _) => CreateAsync(services, parsed.GetValue(name)!, parsed.GetValue(scopes) ?? [], parsed.GetValue(expires), cancellationToken),
            cancellationToken));
        return new Command("keys", "API keys.") { create };
    }

    private static async Task<int> CreateAsync(
        IServiceProvider services, string name, string[] scopes, string? expires, CancellationToken cancellationToken)
    {
        if (await services.GetRequiredService<AccountStore>().FindDefaultOwnerAsync(cancellationToken) is not { } owner)
        {
            return ServeCommand.Fail(KeyErrors.NoOwner());
        }

        var now = services.GetRequiredService<TimeProvider>().GetUtcNow();
        if (!TryParseExpiry(expires, now, out var expiresAt))
        {
            return ServeCommand.Fail(SettingErrors.Wrong("--expires", expires!, "a date like 2027-01-31 that is still to come, or a number of days"));
        }

        if (name.Trim().Length is 0 or > 80)
        {
            return ServeCommand.Fail(SettingsErrors.NoName());
        }

        if (scopes.Length == 0)
        {
            scopes = [.. RolePermissions.Of(Role.Owner)];
            await Console.Error.WriteLineAsync($"This key may do all that the Owner may in the workspace \"{owner.Name}\"; name --scope to narrow it.");
        }

        var created = await services.GetRequiredService<ApiKeyStore>().CreateAsync(owner.Workspace, owner.User, name, scopes, expiresAt, cancellationToken);
        if (!created.IsSuccess)
        {
            return ServeCommand.Fail(created.Error);
        }

        Console.WriteLine(created.Value.Token);
        return 0;
    }

    private static bool TryParseExpiry(string? text, DateTimeOffset now, out DateTimeOffset? expires)
    {
        expires = null;
        if (text is null)
        {
            return true;
        }

        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var days) && days is > 0 and < 36500)
        {
            expires = now.AddDays(days);
        }
        else if (DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date) && date > now)
        {
            expires = date;
        }

        return expires is not null;
    }
}

/// <summary>Expected failures of the command.</summary>
internal static class KeyErrors
{
    public static Error NoOwner() => new("keys.no_owner", "This studio has no owner yet.", "Start it and open the address that it prints, then make the key.");
}
