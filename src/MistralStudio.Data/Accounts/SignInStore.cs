using System.Globalization;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using MistralStudio.Core.Ids;

namespace MistralStudio.Data.Accounts;

/// <summary>
/// Sign-ins that were ended. A cookie is good until it expires, wherever it was copied to; this is what makes a sign-out true. Kept beside
/// Identity's tokens until every cookie of the sign-in has expired by itself.
/// </summary>
public sealed class SignInStore(IDbContextFactory<StudioDbContext> contexts, TimeProvider time)
{
    /// <summary>How long a cookie works after it was renewed last.</summary>
    public static readonly TimeSpan CookieLife = TimeSpan.FromDays(14);

    private const string Provider = "ended-sign-in";

    /// <summary>Ends a sign-in for good.</summary>
    public async Task EndAsync(UserId user, string signIn, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var now = time.GetUtcNow();
        var expired = Write(now - CookieLife);
        await context.UserTokens.Where(row => row.LoginProvider == Provider && string.Compare(row.Value, expired) < 0).ExecuteDeleteAsync(cancellationToken);
        if (!await IsEndedAsync(context, user, signIn, cancellationToken))
        {
            context.UserTokens.Add(new IdentityUserToken<Guid> { UserId = user.Value, LoginProvider = Provider, Name = signIn, Value = Write(now) });
            await context.SaveChangesAsync(cancellationToken);
        }
    }

    /// <summary>True once it was ended.</summary>
    public async Task<bool> IsEndedAsync(UserId user, string signIn, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await IsEndedAsync(context, user, signIn, cancellationToken);
    }

    private static Task<bool> IsEndedAsync(StudioDbContext context, UserId user, string signIn, CancellationToken cancellationToken) =>
        context.UserTokens.AnyAsync(row => row.UserId == user.Value && row.LoginProvider == Provider && row.Name == signIn, cancellationToken);

    // Of one length, so that text compares as time does.
    private static string Write(DateTimeOffset instant) => instant.UtcTicks.ToString("D19", CultureInfo.InvariantCulture);
}
