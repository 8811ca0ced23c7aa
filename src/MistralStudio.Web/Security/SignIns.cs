using System.Security.Claims;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;
using MistralStudio.Data.Accounts;

namespace MistralStudio.Web.Security;

/// <summary>One sign-in of one browser: what a sign-out ends, in every tab, and nothing else of the account.</summary>
internal static class SignIns
{
    private const string ClaimType = "studio:sign-in";

    /// <summary>Names a sign-in that begins.</summary>
    public static void Begin(ClaimsPrincipal? principal)
    {
        if (principal?.Identity is ClaimsIdentity identity && Of(principal) is null)
        {
            identity.AddClaim(new Claim(ClaimType, Guid.NewGuid().ToString("N")));
        }
    }

    /// <summary>Keeps the name when the cookie is made anew.</summary>
    public static Task CarryAsync(SecurityStampRefreshingPrincipalContext context)
    {
        if (context.CurrentPrincipal is { } current && Of(current) is { } name && context.NewPrincipal?.Identity is ClaimsIdentity identity)
        {
            identity.AddClaim(new Claim(ClaimType, name));
        }

        return Task.CompletedTask;
    }

    /// <summary>The sign-in of a person; null for nobody and for a key.</summary>
    public static string? Of(ClaimsPrincipal principal) => principal.FindFirstValue(ClaimType);
}

/// <summary>Refuses the cookie of a sign-in that was ended, wherever it was copied to, besides one of before a new security stamp.</summary>
internal sealed class SignInValidator(
    IOptions<SecurityStampValidatorOptions> options, SignInManager<StudioUser> signIn, ILoggerFactory loggers, SignInStore ended)
    : SecurityStampValidator<StudioUser>(options, signIn, loggers)
{
    protected override async Task<StudioUser?> VerifySecurityStamp(ClaimsPrincipal? principal) =>
        await base.VerifySecurityStamp(principal) is { } user
            && (SignIns.Of(principal!) is not { } name || !await ended.IsEndedAsync(user.UserId, name, CancellationToken.None))
            ? user
            : null;
}
