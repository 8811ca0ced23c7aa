using Microsoft.AspNetCore.Mvc;
using MistralStudio.Core;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Security;
using MistralStudio.Data.Accounts;
using MistralStudio.Web.Features.Settings;
using MistralStudio.Web.Features.WorkspaceApi;
using MistralStudio.Web.Security;

namespace MistralStudio.Web.Features.KeysApi;

/// <summary>API keys, under <c>/api/keys</c>: everybody's for who manages keys, one's own otherwise.</summary>
public static class KeyEndpoints
{
    /// <summary>Maps the endpoints.</summary>
    public static void MapKeysApi(this IEndpointRouteBuilder app)
    {
        var keys = app.MapGroup("/api/keys").WithTags("Keys").GuardCookies();
        keys.MapPost("/", CreateAsync).RequirePermission(Permissions.KeysOwn).WithIdempotency()
            .WithSummary("Makes a key with scopes that the caller holds; its token is answered once.").Produces<WireNewKeyMade>(201).ProducesProblems(422);
        keys.MapGet("/", ListAsync).RequirePermission(Permissions.KeysOwn)
            .WithSummary("Keys, newest first, revoked and expired ones included.").Produces<WirePage<WireKey>>().ProducesProblems(422);
        keys.MapGet("/{id:guid}", FindAsync).RequirePermission(Permissions.KeysOwn).WithSummary("One key.").Produces<WireKey>().ProducesProblems(404);
        keys.MapDelete("/{id:guid}", RevokeAsync).RequirePermission(Permissions.KeysOwn)
            .WithSummary("Ends a key for good; what streams by it ends within seconds.").Produces(204).ProducesProblems(404);
    }

    private static async Task<IResult> CreateAsync(WireNewKey body, HttpContext http, [FromServices] ApiKeyStore keys, [FromServices] TimeProvider time)
    {
        var caller = http.GetCaller();
        var refused = KeyRights.Check(caller, body.Name ?? "", body.Scopes ?? [])
            ?? (body.ExpiresAt <= time.GetUtcNow() ? KeyApiErrors.Expired() : null)
            ?? (caller.User is null ? SettingsErrors.NotAllowed() : null);
        if (refused is not null)
        {
            return ErrorResults.From(refused);
        }

        var made = await keys.CreateAsync(caller.Workspace, caller.User!.Value, body.Name!, body.Scopes!, body.ExpiresAt, http.RequestAborted);
        return made.Match<IResult>(
            key => TypedResults.Created($"/api/keys/{key.Key.Id}", new WireNewKeyMade(key.Key.Id, key.Key.Name, key.Token, key.Key.Prefix, key.Key.Scopes, key.Key.CreatedAt, key.Key.ExpiresAt)),
            ErrorResults.From);
    }

    private static Task<IResult> ListAsync(HttpContext http, [FromServices] ApiKeyStore keys, string? after, int? limit) =>
        PageSize.AnswerAsync(limit, async size => await keys.ListAsync(http.GetCaller().Workspace, KeyRights.Whose(http.GetCaller()), after, size, http.RequestAborted), WireKey.From);

    private static async Task<IResult> FindAsync(ApiKeyId id, HttpContext http, [FromServices] ApiKeyStore keys)
    {
        var caller = http.GetCaller();
        return await keys.FindAsync(caller.Workspace, id, KeyRights.Whose(caller), http.RequestAborted) is { } found
            ? TypedResults.Ok(WireKey.From(found))
            : ErrorResults.From(AccountErrors.KeyNotFound());
    }

    private static async Task<IResult> RevokeAsync(ApiKeyId id, HttpContext http, [FromServices] ApiKeyStore keys)
    {
        var caller = http.GetCaller();
        var revoked = await keys.RevokeAsync(caller.Workspace, id, KeyRights.Whose(caller), caller.User, http.RequestAborted);
        return revoked.Match<IResult>(_ => TypedResults.NoContent(), ErrorResults.From);
    }
}

/// <summary>The body that makes a key; without <c>expiresAt</c> it works until it is revoked.</summary>
internal sealed record WireNewKey(string? Name, IReadOnlyList<string>? Scopes, DateTimeOffset? ExpiresAt);

/// <summary>A key made just now, with the token that is never shown again.</summary>
internal sealed record WireNewKeyMade(
    ApiKeyId Id, string Name, string Token, string Prefix, IReadOnlyList<string> Scopes, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt);

/// <summary>A key; <c>prefix</c> is the beginning of its token.</summary>
internal sealed record WireKey(
    ApiKeyId Id,
    string Name,
    string Prefix,
    IReadOnlyList<string> Scopes,
    UserId CreatedBy,
    DateTimeOffset CreatedAt,
    DateTimeOffset? ExpiresAt,
    DateTimeOffset? RevokedAt,
    DateTimeOffset? LastUsedAt)
{
    public static WireKey From(ApiKey key) =>
        new(key.Id, key.Name, key.Prefix, key.Scopes, key.CreatedBy, key.CreatedAt, key.ExpiresAt, key.RevokedAt, key.LastUsedAt);
}

/// <summary>Expected failures of this address.</summary>
internal static class KeyApiErrors
{
    public static Error Expired() => new("keys.expired", "This key would have ended before it began.", "Send an expiresAt that is still to come, or leave it out.");
}
