using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Playwright;
using MistralStudio.Tests.Shared;

namespace MistralStudio.E2E.Tests;

/// <summary>A real server with an owner, and a program with the owner's key beside it.</summary>
public sealed class SignedInStudio : IAsyncDisposable
{
    public const string OwnerEmail = "owner@example.com";
    public const string Password = "correct horse battery";

    private SignedInStudio(StudioProcess process, HttpClient api) => (Process, Api) = (process, api);

    public StudioProcess Process { get; }

    /// <summary>Sends the owner's key.</summary>
    public HttpClient Api { get; }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task<SignedInStudio> StartAsync(params (string Name, string Value)[] settings)
    {
        var process = await StudioProcess.StartAsync(null, null, [("Setup__Owner__Email", OwnerEmail), ("Setup__Owner__Password", Password), .. settings]);
        var (code, key, errors) = await process.RunAsync("keys", "create", "--name", "test");
        Assert.True(code == 0, errors);
        var api = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = process.Url };
        api.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key.Trim());
        return new SignedInStudio(process, api);
    }

    /// <summary>Posts JSON and reads the answer, which must be a success.</summary>
    public async Task<JsonElement> PostAsync(string path, object? body = null)
    {
        using var response = await Api.PostAsJsonAsync(path, body, Token);
        var text = await response.Content.ReadAsStringAsync(Token);
        Assert.True(response.IsSuccessStatusCode, text);
        return JsonSerializer.Deserialize<JsonElement>(text);
    }

    /// <summary>Changes a member as a script would: reads, then sends what was read along.</summary>
    public async Task ChangeMemberAsync(string email, object change)
    {
        var path = $"/api/members/{await FindMemberAsync(email)}";
        using var found = await Api.GetAsync(path, Token);
        using var request = new HttpRequestMessage(HttpMethod.Patch, path) { Content = JsonContent.Create(change), Headers = { { "If-Match", found.Headers.ETag!.Tag } } };
        using var changed = await Api.SendAsync(request, Token);
        Assert.True(changed.IsSuccessStatusCode, await changed.Content.ReadAsStringAsync(Token));
    }

    /// <summary>The id of a member.</summary>
    public async Task<string> FindMemberAsync(string email) =>
        (await Api.GetFromJsonAsync<JsonElement>("/api/members", Token)).GetProperty("items").EnumerateArray()
        .Single(member => member.GetProperty("email").GetString() == email).GetProperty("id").GetString()!;

    /// <summary>A browser of somebody's own in which they joined by an invite.</summary>
    public async Task<IPage> JoinAsync(IBrowser browser, string email, string role)
    {
        var invite = await PostAsync("/api/members/invites", new { role });
        var page = await (await browser.NewContextAsync()).NewPageAsync();
        await page.GotoAsync(invite.GetProperty("url").GetString()!);
        await page.FillAsync("[name=Email]", email);
        await page.FillAsync("[name=DisplayName]", email.Split('@')[0]);
        await page.FillAsync("[name=Password]", Password);
        await page.ClickAsync("button[type=submit]");
        await page.ArriveAsync("/w/workspace");
        return page;
    }

    /// <summary>A browser of somebody's own in which they signed in.</summary>
    public async Task<IPage> SignInAsync(IBrowser browser, string email = OwnerEmail)
    {
        var page = await (await browser.NewContextAsync()).NewPageAsync();
        await page.GotoAsync($"{Process.Url}sign-in");
        await page.FillAsync("[name=Email]", email);
        await page.FillAsync("[name=Password]", Password);
        await page.ClickAsync("button[type=submit]");
        await page.ArriveAsync("/w/workspace");
        return page;
    }

    public async ValueTask DisposeAsync()
    {
        Api.Dispose();
        await Process.DisposeAsync();
    }
}
