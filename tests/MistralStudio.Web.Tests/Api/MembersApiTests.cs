using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using MistralStudio.Core.Security;
using MistralStudio.Data.Accounts;

namespace MistralStudio.Web.Tests.Api;

public sealed class MembersApiTests(ApiStudio studio) : IClassFixture<ApiStudio>
{

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AnInvite_IsMade_Listed_AndTakenBack_AndItsAddressComesOnce()
    {
        using var client = await studio.SignedInAsync();
        using var made = await client.PostAsJsonAsync("/api/members/invites", new { role = "builder" }, Token);
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        var invite = await ReadAsync(made);
        Assert.Equal("builder", invite.GetProperty("role").GetString());
        Assert.Matches("^http://localhost/invite/[A-Za-z0-9_-]{22}$", invite.GetProperty("url").GetString());

        var listed = (await client.GetFromJsonAsync<JsonElement>("/api/members/invites", Token)).GetProperty("items")[0];
        Assert.Equal(invite.GetProperty("id").GetString(), listed.GetProperty("id").GetString());
        Assert.Equal(JsonValueKind.Null, listed.GetProperty("url").ValueKind);
        var address = $"/api/members/invites/{invite.GetProperty("id").GetString()}";
        Assert.Equal(HttpStatusCode.NoContent, (await client.DeleteAsync(address, Token)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await client.DeleteAsync(address, Token)).StatusCode);
    }

    [Fact]
    public async Task AnInviteSentTwiceWithOneKey_IsOne_AndItsAddressIsNotKeptInTheOpen()
    {
        using var client = await studio.SignedInAsync();
        client.DefaultRequestHeaders.Add("Idempotency-Key", "invite-1");
        using var first = await client.PostAsJsonAsync("/api/members/invites", new { role = "viewer" }, Token);
        using var second = await client.PostAsJsonAsync("/api/members/invites", new { role = "viewer" }, Token);
        var url = (await ReadAsync(first)).GetProperty("url").GetString()!;
        Assert.Equal(url, (await ReadAsync(second)).GetProperty("url").GetString());
        var token = url[(url.LastIndexOf('/') + 1)..];
        Assert.DoesNotContain(
            Directory.EnumerateFiles(studio.Folder, "studio.db*"),
            file => ReadShared(file).Contains(token, StringComparison.Ordinal));
    }

    [Fact]
    public async Task AMember_IsFound_GivenAnotherRole_Suspended_AndRemoved()
    {
        using var client = await studio.SignedInAsync();
        var member = await studio.JoinAsync(NewEmail(), Role.Member);
        var address = $"/api/members/{member.User}";
        var tag = await TagAsync(client, address);
        using var promoted = await PatchAsync(client, address, tag, new { role = "builder" });
        Assert.Equal("builder", (await ReadAsync(promoted)).GetProperty("role").GetString());

        using var stale = await PatchAsync(client, address, tag, new { suspended = true });
        Assert.Equal(HttpStatusCode.PreconditionFailed, stale.StatusCode);
        Assert.Equal("account.conflict", await CodeAsync(stale));
        using var unread = await PatchAsync(client, address, null, new { suspended = true });
        Assert.Equal((HttpStatusCode)428, unread.StatusCode);

        using var suspended = await PatchAsync(client, address, promoted.Headers.ETag!.Tag, new { suspended = true });
        Assert.NotEqual(JsonValueKind.Null, (await ReadAsync(suspended)).GetProperty("suspendedAt").ValueKind);
        Assert.Equal(HttpStatusCode.NoContent, (await client.DeleteAsync(address, Token)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync(address, Token)).StatusCode);
    }

    [Fact]
    public async Task Members_AreListedInPages_NewestFirst()
    {
        await using var own = new ApiStudio();
        using var client = await own.SignedInAsync();
        await own.JoinAsync("second@example.org", Role.Member);
        await own.JoinAsync("third@example.org", Role.Viewer);
        var emails = new List<string>();
        string? after = null;
        do
        {
            var page = await client.GetFromJsonAsync<JsonElement>($"/api/members?limit=1&after={after}", Token);
            emails.Add(page.GetProperty("items")[0].GetProperty("email").GetString()!);
            after = page.GetProperty("after").GetString();
        }
        while (after is not null);
        Assert.Equal(["third@example.org", "second@example.org", "owner@example.org"], emails);
    }

    [Fact]
    public async Task NobodyReachesAboveTheirOwnRole()
    {
        var admin = await studio.JoinAsync(NewEmail(), Role.Admin);
        var owner = (await studio.Services.GetRequiredService<AccountStore>().FindDefaultOwnerAsync(Token))!;
        using var client = await studio.SignedInAsync(admin.User, Permissions.MembersManage);
        using var invited = await client.PostAsJsonAsync("/api/members/invites", new { role = "owner" }, Token);
        Assert.Equal(HttpStatusCode.Forbidden, invited.StatusCode);
        using var removed = await client.DeleteAsync($"/api/members/{owner.User}", Token);
        Assert.Equal("settings.not_allowed", await CodeAsync(removed));
        using var self = await PatchAsync(client, $"/api/members/{admin.User}", await TagAsync(client, $"/api/members/{admin.User}"), new { role = "viewer" });
        Assert.Equal(HttpStatusCode.Forbidden, self.StatusCode);
        using var unknown = await client.PostAsJsonAsync("/api/members/invites", new { role = "4" }, Token);
        Assert.Equal("account.unknown_role", await CodeAsync(unknown));
    }

    [Fact]
    public async Task TheLastOwner_Stays()
    {
        await using var own = new ApiStudio();
        var other = await own.JoinAsync("other@example.org", Role.Owner);
        var owner = (await own.Services.GetRequiredService<AccountStore>().FindDefaultOwnerAsync(Token))!;
        using var client = await own.SignedInAsync(other.User, Permissions.MembersManage);
        Assert.Equal(HttpStatusCode.NoContent, (await client.DeleteAsync($"/api/members/{owner.User}", Token)).StatusCode);
        using var last = await client.DeleteAsync($"/api/members/{other.User}", Token);
        Assert.Equal(HttpStatusCode.Forbidden, last.StatusCode);
    }

    [Fact]
    public async Task AKey_IsMade_Used_Listed_AndRevoked()
    {
        using var client = await studio.SignedInAsync();
        using var made = await client.PostAsJsonAsync("/api/keys", new { name = "ci", scopes = new[] { "models:read" } }, Token);
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        var key = await ReadAsync(made);
        using var program = studio.CreateClient();
        program.DefaultRequestHeaders.Authorization = new("Bearer", key.GetProperty("token").GetString());
        Assert.Equal(HttpStatusCode.OK, (await program.GetAsync("/v1/models", Token)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await program.GetAsync("/api/keys", Token)).StatusCode);

        var listed = (await client.GetFromJsonAsync<JsonElement>("/api/keys?limit=1", Token)).GetProperty("items")[0];
        Assert.Equal("ci", listed.GetProperty("name").GetString());
        Assert.False(listed.TryGetProperty("token", out _));
        Assert.Equal(HttpStatusCode.NoContent, (await client.DeleteAsync($"/api/keys/{key.GetProperty("id")}", Token)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await program.GetAsync("/v1/models", Token)).StatusCode);
        var revoked = await client.GetFromJsonAsync<JsonElement>($"/api/keys/{key.GetProperty("id")}", Token);
        Assert.NotEqual(JsonValueKind.Null, revoked.GetProperty("revokedAt").ValueKind);
    }

    [Theory]
    [InlineData("""{"name":"x","scopes":["models:manage"]}""", 403, "settings.not_allowed")]
    [InlineData("""{"name":"x","scopes":["models:fly"]}""", 422, "account.unknown_scope")]
    [InlineData("""{"name":"x","scopes":[]}""", 422, "settings.no_scopes")]
    [InlineData("""{"scopes":["models:use"]}""", 422, "settings.no_name")]
    [InlineData("""{"name":"x","scopes":["models:use"],"expiresAt":"2001-01-01T00:00:00Z"}""", 422, "keys.expired")]
    public async Task AKey_IsNoMightierThanWhoMakesIt(string body, int status, string code)
    {
        var builder = await studio.JoinAsync(NewEmail(), Role.Builder);
        using var client = await studio.SignedInAsync(builder.User, [.. RolePermissions.Of(Role.Builder)]);
        using var refused = await client.PostAsync("/api/keys", new StringContent(body, null, "application/json"), Token);
        Assert.Equal(status, (int)refused.StatusCode);
        Assert.Equal(code, await CodeAsync(refused));
    }

    [Fact]
    public async Task ABuilder_SeesAndEndsTheirOwnKeysOnly()
    {
        using var owner = await studio.SignedInAsync();
        var builder = await studio.JoinAsync(NewEmail(), Role.Builder);
        using var client = await studio.SignedInAsync(builder.User, Permissions.KeysOwn);
        var ofOwner = (await owner.GetFromJsonAsync<JsonElement>("/api/keys", Token)).GetProperty("items").EnumerateArray().Last().GetProperty("id").GetString();
        Assert.Equal(1, (await client.GetFromJsonAsync<JsonElement>("/api/keys", Token)).GetProperty("items").GetArrayLength());
        Assert.Equal(HttpStatusCode.NotFound, (await client.DeleteAsync($"/api/keys/{ofOwner}", Token)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync($"/api/keys/{ofOwner}", Token)).StatusCode);
    }

    private static string NewEmail() => $"{Guid.NewGuid():N}@example.org";

    private static string ReadShared(string file)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var reader = new StreamReader(stream, System.Text.Encoding.Latin1);
        return reader.ReadToEnd();
    }

    private static async Task<string> TagAsync(HttpClient client, string address)
    {
        using var found = await client.GetAsync(address, Token);
        return found.Headers.ETag!.Tag;
    }

    private static async Task<HttpResponseMessage> PatchAsync(HttpClient client, string address, string? tag, object change)
    {
        using var request = new HttpRequestMessage(HttpMethod.Patch, address) { Content = JsonContent.Create(change) };
        if (tag is not null)
        {
            request.Headers.Add("If-Match", tag);
        }

        return await client.SendAsync(request, Token);
    }

    private static async Task<string> CodeAsync(HttpResponseMessage response) => (await ReadAsync(response)).GetProperty("code").GetString()!;

    private static Task<JsonElement> ReadAsync(HttpResponseMessage response) => response.Content.ReadFromJsonAsync<JsonElement>(Token);
}
