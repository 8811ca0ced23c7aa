using Microsoft.AspNetCore.Identity;
using MistralStudio.Core.Security;
using MistralStudio.Data.Accounts;
using MistralStudio.Web.Features;
using MistralStudio.Web.Layout;
using MistralStudio.Web.Security;

namespace MistralStudio.Web.Hosting;

/// <summary>Every address that is not a page.</summary>
internal static class StudioEndpoints
{
    public static void MapStudio(this WebApplication app)
    {
        app.MapGet("/healthz", () => Results.Text("ok")).AllowAnonymous();
        app.MapReady();
        app.MapPrometheusScrapingEndpoint("/metrics").RequirePermission(Permissions.UsageRead);
        app.MapGet("/", OpenAsync).AllowAnonymous();
        app.MapPost("/sign-out", SignOutAsync).AllowAnonymous();
        app.MapPost("/sign-out/everywhere", SignOutEverywhereAsync).AllowAnonymous();
        app.MapStudioApi();
        app.MapStudioPages();
    }

    // Where a person belongs: set-up, sign-in, or their first workspace.
    private static async Task<IResult> OpenAsync(HttpContext http, Callers callers, AccountStore accounts)
    {
        if (await callers.FindMembershipAsync(http.User, null, http.RequestAborted) is { } membership)
        {
            return Results.Redirect($"/w/{membership.Slug}");
        }

        return Results.Redirect(await accounts.HasOwnerAsync(http.RequestAborted) ? "/sign-in" : "/setup");
    }

    // Ends this sign-in where it lives on: in other tabs, and in copies of its cookie.
    private static async Task<IResult> SignOutAsync(
        SignInManager<StudioUser> signIn, SignInStore signIns, HttpContext http, Microsoft.AspNetCore.Antiforgery.IAntiforgery antiforgery)
    {
        if (!await antiforgery.IsRequestValidAsync(http))
        {
            return Results.Redirect("/");
        }

        if (Callers.UserOf(http.User) is { } user && SignIns.Of(http.User) is { } current)
        {
            await signIns.EndAsync(user, current, CancellationToken.None);
        }

        await signIn.SignOutAsync();
        return Results.Redirect("/sign-in");
    }

    // A new stamp: every cookie and circuit of the account ends within seconds.
    private static async Task<IResult> SignOutEverywhereAsync(
        SignInManager<StudioUser> signIn, UserManager<StudioUser> users, HttpContext http, Microsoft.AspNetCore.Antiforgery.IAntiforgery antiforgery)
    {
        if (!await antiforgery.IsRequestValidAsync(http))
        {
            return Results.Redirect("/");
        }

        if (await users.GetUserAsync(http.User) is { } user)
        {
            await users.UpdateSecurityStampAsync(user);
        }

        await signIn.SignOutAsync();
        return Results.Redirect("/sign-in");
    }
}
