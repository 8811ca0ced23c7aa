using Microsoft.AspNetCore.Components.Authorization;
using MistralStudio.Core.Security;

namespace MistralStudio.Web.Security;

/// <summary>What work goes by that a page began and that may outlive it: the sign-in and the membership that the page was opened with.</summary>
public sealed class LastingRights(AuthenticationStateProvider authentication, StandingRights rights)
{
    /// <summary>A question that may be asked long after the page is gone: do the sign-in and all that the caller was granted still stand?</summary>
    public Func<CancellationToken, Task<bool>> Of(Caller caller)
    {
        // Of now: once the page is gone nobody can be asked any more.
        var state = authentication.GetAuthenticationStateAsync();
        var standing = rights;
        return async stop => await standing.HoldsAsync((await state).User, [caller], stop);
    }
}
