using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Server;
using MistralStudio.Core.Security;
using MistralStudio.Data.Accounts;

namespace MistralStudio.Web.Security;

/// <summary>
/// Ends what a circuit shows once its person signed out, was signed out everywhere, demoted, suspended or removed: it becomes a circuit of
/// nobody, whose pages are refused and disposed of with all that they stream.
/// </summary>
internal sealed class CircuitRevocation : RevalidatingServerAuthenticationStateProvider
{
    private readonly StandingRights _rights;
    private readonly AccountStore _accounts;
    private readonly Lock _lock = new();
    private readonly HashSet<Caller> _relied = [];
    private Task _begun = Task.CompletedTask;

    public CircuitRevocation(ILoggerFactory loggers, StandingRights rights, AccountStore accounts)
        : base(loggers)
    {
        (_rights, _accounts) = (rights, accounts);
        // From the first moment on: what is lost before the first look at it counts as well.
        AuthenticationStateChanged += state => _begun = ReadAsync(state);
    }

    protected override TimeSpan RevalidationInterval => StandingRights.Interval;

    /// <summary>Notes rights that a page goes by.</summary>
    public void Rely(Caller caller)
    {
        lock (_lock)
        {
            _relied.Add(caller);
        }
    }

    protected override async Task<bool> ValidateAuthenticationStateAsync(AuthenticationState authenticationState, CancellationToken cancellationToken)
    {
        await _begun;
        List<Caller> relied;
        lock (_lock)
        {
            relied = [.. _relied];
        }

        return await _rights.HoldsAsync(authenticationState.User, relied, cancellationToken);
    }

    private async Task ReadAsync(Task<AuthenticationState> state)
    {
        if (Callers.UserOf((await state).User) is { } user)
        {
            foreach (var membership in (await _accounts.ListMembershipsAsync(user, CancellationToken.None)).Where(found => found.SuspendedAt is null))
            {
                Rely(Callers.Of(membership));
            }
        }
    }
}

/// <summary>Ends answers that stream to a key that was revoked, or to a person who lost the right to them, while they stream.</summary>
internal sealed class StreamRevocation(RequestDelegate next, StandingRights rights, TimeProvider time)
{
    public async Task InvokeAsync(HttpContext http)
    {
        if (http.FindCaller() is not { } caller)
        {
            await next(http);
            return;
        }

        using var done = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted);
        var watch = WatchAsync(http, caller, done.Token);
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

    private async Task WatchAsync(HttpContext http, Caller caller, CancellationToken cancellationToken)
    {
        var token = ApiKeyAuthentication.TokenOf(http.Request);
        using var timer = new PeriodicTimer(StandingRights.Interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                var holds = token is null
                    ? await rights.HoldsAsync(http.User, [caller], cancellationToken)
                    : await rights.HoldsAsync(token, caller, cancellationToken);
                if (!holds)
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
