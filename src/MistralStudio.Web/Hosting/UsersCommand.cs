using System.Buffers.Text;
using System.CommandLine;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Identity;
using MistralStudio.Core;
using MistralStudio.Core.Security;
using MistralStudio.Data.Accounts;

namespace MistralStudio.Web.Hosting;

/// <summary><c>users reset-password</c>: for whoever has the machine and lost the password.</summary>
internal static class UsersCommand
{
    public static Command Create()
    {
        var email = new Argument<string>("email") { Description = "Whose password it is." };
        var reset = new OperatorCommand("reset-password", Permissions.MembersManage, "Gives an account a new password, prints it, and signs the account out everywhere.") { email };
        reset.SetAction((parsed, cancellationToken) => OfflineServices.RunAsync((services, _) => ResetAsync(services, parsed.GetValue(email)!), cancellationToken));
        return new Command("users", "Accounts.") { reset };
    }

    private static async Task<int> ResetAsync(IServiceProvider services, string email)
    {
        var users = services.GetRequiredService<UserManager<StudioUser>>();
        if (await users.FindByEmailAsync(email.Trim()) is not { } user)
        {
            return ServeCommand.Fail(UserErrors.NotFound(email));
        }

        var password = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(12));
        user.PasswordHash = users.PasswordHasher.HashPassword(user, password);
        user.LockoutEnd = null;
        user.AccessFailedCount = 0;
        // A new stamp: every cookie and circuit of the account ends within seconds.
        await users.UpdateSecurityStampAsync(user);
        Console.WriteLine(password);
        return 0;
    }
}

/// <summary>Expected failures of the command.</summary>
internal static class UserErrors
{
    public static Error NotFound(string email) => new("users.not_found", $"There is no account {email}.", "Check the address; Settings, Members lists them.");
}
