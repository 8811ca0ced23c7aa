using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Identity;
using MistralStudio.Core;
using MistralStudio.Data.Accounts;

namespace MistralStudio.Web.Features.Accounts;

/// <summary>What the pages of set-up, sign-in and invitation do. Their answers are the same for known and unknown addresses.</summary>
public sealed class AccountForms(
    UserManager<StudioUser> users,
    SignInManager<StudioUser> signIn,
    IPasswordHasher<StudioUser> hasher,
    AccountStore accounts,
    InviteStore invites,
    SetupCode setup,
    TimeProvider time)
{
    private const int MaxNameLength = 80;
    private static readonly EmailAddressAttribute s_email = new();

    // Hashed against where there is no account, so that an unknown address takes as long as a wrong password.
    private static readonly StudioUser s_nobody = StudioUser.Create("nobody@invalid", "", DateTimeOffset.UnixEpoch);
    private static readonly Lazy<string> s_nobodysHash = new(() => new PasswordHasher<StudioUser>().HashPassword(s_nobody, Guid.NewGuid().ToString()));

    /// <summary>True for a request that takes a password or a code; these are limited per address.</summary>
    public static bool IsOne(HttpRequest request) => HttpMethods.IsPost(request.Method)
        && (request.Path.StartsWithSegments("/sign-in") || request.Path.StartsWithSegments("/setup") || request.Path.StartsWithSegments("/invite"));

    /// <summary>Signs a person in for fourteen days.</summary>
    public async Task<Result<Unit>> SignInAsync(string email, string password)
    {
        var user = await users.FindByEmailAsync(email.Trim());
        if (user is null)
        {
            hasher.VerifyHashedPassword(s_nobody, s_nobodysHash.Value, password);
            return AccountFormErrors.WrongCredentials();
        }

        // Locked or wrong: the same words, or they would tell which addresses have accounts.
        var result = await signIn.PasswordSignInAsync(user, password, isPersistent: true, lockoutOnFailure: true);
        return result.Succeeded ? default(Unit) : AccountFormErrors.WrongCredentials();
    }

    /// <summary>Creates the first owner and signs them in.</summary>
    public async Task<Result<Membership>> SetUpAsync(string? code, NewAccount account, string workspace)
    {
        if (await accounts.HasOwnerAsync(CancellationToken.None))
        {
            return AccountErrors.OwnerExists();
        }

        if (!setup.Matches(code))
        {
            return AccountFormErrors.WrongSetupCode();
        }

        var owner = await CreateAsync(account);
        if (!owner.IsSuccess)
        {
            return owner.Error;
        }

        var membership = await accounts.CreateFirstOwnerAsync(owner.Value, workspace, CancellationToken.None);
        if (membership.IsSuccess)
        {
            await signIn.SignInAsync(owner.Value, isPersistent: true);
        }

        return membership;
    }

    /// <summary>Creates the owner that the configuration names, where there is none yet; no page, no code.</summary>
    public async Task<Result<Unit>> SetUpUnattendedAsync(string email, string password)
    {
        var owner = await CreateAsync(new NewAccount(email, email.Split('@')[0], password));
        if (!owner.IsSuccess)
        {
            return owner.Error;
        }

        var membership = await accounts.CreateFirstOwnerAsync(owner.Value, "Workspace", CancellationToken.None);
        return membership.IsSuccess ? default(Unit) : membership.Error;
    }

    /// <summary>Joins by an invite: with an existing account and its password, or with a new one; signs in either way.</summary>
    public async Task<Result<Membership>> JoinAsync(string token, NewAccount account)
    {
        if (await invites.FindAsync(token, CancellationToken.None) is null)
        {
            return AccountErrors.InviteUnusable();
        }

        // Before it is looked up: what is wrong with the words themselves is said alike for addresses with and without an account.
        if (await CheckAsync(account) is { } wrong)
        {
            return wrong;
        }

        var existing = await users.FindByEmailAsync(account.Email.Trim());
        if (existing is not null)
        {
            var check = await signIn.CheckPasswordSignInAsync(existing, account.Password, lockoutOnFailure: true);
            return check.Succeeded ? await AcceptAsync(token, null, existing) : AccountErrors.EmailTaken();
        }

        var created = await CreateAsync(account);
        return created.IsSuccess ? await AcceptAsync(token, created.Value, created.Value) : created.Error;
    }

    /// <summary>Joins by an invite as the person who is signed in.</summary>
    public async Task<Result<Membership>> JoinAsync(string token, System.Security.Claims.ClaimsPrincipal principal) =>
        await users.GetUserAsync(principal) is { } user ? await AcceptAsync(token, null, user) : AccountErrors.InviteUnusable();

    private async Task<Result<Membership>> AcceptAsync(string token, StudioUser? newcomer, StudioUser user)
    {
        var joined = await invites.AcceptAsync(token, newcomer, user.UserId, CancellationToken.None);
        if (joined.IsSuccess)
        {
            await signIn.SignInAsync(user, isPersistent: true);
        }

        return joined;
    }

    private async Task<Result<StudioUser>> CreateAsync(NewAccount account)
    {
        if (await CheckAsync(account) is { } wrong)
        {
            return wrong;
        }

        var user = StudioUser.Create(account.Email, account.DisplayName, time.GetUtcNow());
        user.PasswordHash = hasher.HashPassword(user, account.Password);
        return user;
    }

    private async Task<Error?> CheckAsync(NewAccount account)
    {
        if (!s_email.IsValid(account.Email.Trim()) || account.Email.Length > 256)
        {
            return AccountFormErrors.WrongEmail();
        }

        if (account.DisplayName.Trim().Length is 0 or > MaxNameLength)
        {
            return AccountFormErrors.WrongName();
        }

        foreach (var validator in users.PasswordValidators)
        {
            if (!(await validator.ValidateAsync(users, s_nobody, account.Password)).Succeeded)
            {
                return AccountFormErrors.WeakPassword(users.Options.Password.RequiredLength);
            }
        }

        return null;
    }
}

/// <summary>An account as its person typed it.</summary>
public sealed record NewAccount(string Email, string DisplayName, string Password);

/// <summary>Expected failures of account forms.</summary>
public static class AccountFormErrors
{
    public static Error WrongCredentials() => new(
        "account.wrong_credentials", "This address and password do not open an account here.", "Try again; after five wrong ones an account rests for five minutes.");

    public static Error WrongSetupCode() => new(
        "account.wrong_setup_code", "This set-up address is not the one that the console printed.", "Open the address that the console shows; it changes with every start.");

    public static Error WrongEmail() => new("account.wrong_email", "This is not an e-mail address.", "Write one like name@example.com.");

    public static Error WrongName() => new("account.wrong_name", "A name is missing, or has more than 80 characters.", "Write the name that others should see.");

    public static Error WeakPassword(int length) => new(
        "account.weak_password", "This password is too short.", $"Choose one of at least {length} characters; a few words are good.");
}
