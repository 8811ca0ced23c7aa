using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;
using MistralStudio.Data.Accounts;

namespace MistralStudio.Web.Security;

/// <summary>Reads <c>Authorization: Bearer ms_...</c>.</summary>
internal sealed class ApiKeyAuthentication(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory loggers, UrlEncoder encoder, ApiKeyStore keys)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
{
    public const string SchemeName = "ApiKey";

    private const string Bearer = "Bearer ";

    /// <summary>The token of a request; null where it carries none.</summary>
    public static string? TokenOf(HttpRequest request) =>
        request.Headers.Authorization.ToString() is { } header && header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase)
            ? header[Bearer.Length..].Trim()
            : null;

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (TokenOf(Request) is not { } token)
        {
            return AuthenticateResult.NoResult();
        }

        if (await keys.AuthenticateAsync(token, Context.RequestAborted) is not { } found)
        {
            return AuthenticateResult.Fail("This key is unknown, expired or revoked.");
        }

        Context.SetCaller(found.Caller);
        var identity = new ClaimsIdentity([new Claim("key", found.Id.ToString())], SchemeName);
        return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), SchemeName));
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties) => ErrorResults.WriteAsync(Context, AccessErrors.Unauthenticated());

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) => ErrorResults.WriteAsync(Context, AccessErrors.Forbidden());
}
