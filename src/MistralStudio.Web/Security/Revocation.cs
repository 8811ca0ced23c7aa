using System.Security.Claims;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Server;
using Microsoft.AspNetCore.Identity;
using MistralStudio.Data.Accounts;

namespace MistralStudio.Web.Security;

/// <summary>
/// Ends what a circuit shows once its person was signed out everywhere, demoted, suspended or removed: the truth is asked every two
/// seconds, so that a change by another process counts as well.
/// </summary>
internal sealed class CircuitRevocation(ILoggerFactory loggers, IServiceScopeFactory scopes) : RevalidatingServerAuthenticationStateProvider(loggers)
{
    private IReadOnlyList<Guid>? _stamps;

    protected override TimeSpan RevalidationInterval => TimeSpan.FromSeconds(2);

    protected override async Task<bool> ValidateAuthenticationStateAsync(AuthenticationState authenticationState, CancellationToken cancellationToken)
    {
        if (Callers.UserOf(authenticationState.User) is not { } user)
        {
            return true;
        }

        await using var scope = scopes.CreateAsyncScope();
        var users = scope.ServiceProvider.GetRequiredService<UserManager<StudioUser>>();
        var account = await users.FindByIdAsync(user.ToString());
        var stampClaim = new ClaimsIdentityOptions().SecurityStampClaimType;
        if (account?.SecurityStamp is null || account.SecurityStamp != authenticationState.User.FindFirstValue(stampClaim))
        {
            return false;
        }

        var memberships = await scope.ServiceProvider.GetRequiredService<AccountStore>().ListMembershipsAsync(user, cancellationToken);
        IReadOnlyList<Guid> stamps = [.. memberships.Select(membership => membership.Stamp)];
        _stamps ??= stamps;
        // A workspace joined meanwhile takes nothing away.
        return _stamps.All(stamps.Contains);
    }
}

/// <summary>Ends long answers to a key that was revoked, or whose creator lost their membership, while they stream.</summary>
internal sealed class KeyRevocation(RequestDelegate next, ApiKeyStore keys, TimeProvider time)
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(2);

    public async Task InvokeAsync(HttpContext http)
    {
        if (ApiKeyAuthentication.TokenOf(http.Request) is not { } token || http.FindCaller() is not { } caller)
        {
            await next(http);
            return;
        }

        using var done = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted);
        var watch = WatchAsync(http, token, caller.Granted.Count, done.Token);
        try
        {
            await next(http);
        }
        finally
        {
            await done.CancelAsync();
            await watch;
        }
    }

    private async Task WatchAsync(HttpContext http, string token, int granted, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(s_interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                var found = await keys.AuthenticateAsync(token, cancellationToken);
                if (found is null || found.Value.Caller.Granted.Count < granted)
                {
                    http.Abort();
                    return;
                }
            }
        }
        catch (OperationCanceledException)
        {
        }
    }
}
