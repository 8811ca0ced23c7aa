using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using MistralStudio.Core.Audit;
using MistralStudio.Core.Security;
using MistralStudio.Data.Accounts;
using MistralStudio.Web.Features.Settings;
using MistralStudio.Web.Layout;
using MistralStudio.Web.Security;

namespace MistralStudio.Web.Tests.Api;

/// <summary>What the audit log says of publications, invites and deletions, how it is searched, and how it is taken out.</summary>
public sealed class AuditApiTests : IAsyncDisposable
{
    private readonly ApiStudio _studio = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _studio.DisposeAsync();

    [Fact]
    public async Task InvitesPublicationsLinksAndDeletions_AreWrittenDown()
    {
        using var client = await _studio.SignedInAsync();
        var invite = await PostAsync(client, "/api/members/invites", new { role = "Viewer" });
        await DeleteAsync(client, $"/api/members/invites/{invite.GetProperty("id")}");
        var app = await PostAsync(client, "/api/apps", new { name = "Filings", model = "scripted" });
        await PostAsync(client, $"/api/apps/{app.GetProperty("id")}/versions", new { });
        await PostAsync(client, $"/api/apps/{app.GetProperty("id")}/link", new { });
        await DeleteAsync(client, $"/api/apps/{app.GetProperty("id")}/link");
        await DeleteAsync(client, $"/api/apps/{app.GetProperty("id")}");
        var knowledge = await PostAsync(client, "/api/knowledge-bases", new { name = "Contracts" });
        using var file = new MultipartFormDataContent { { new ByteArrayContent("Paris is the capital."u8.ToArray()), "files", "note.txt" } };
        using var added = await client.PostAsync($"/api/knowledge-bases/{knowledge.GetProperty("id")}/documents", file, Token);
        var document = (await added.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("documents")[0].GetProperty("id");
        await DeleteAsync(client, $"/api/knowledge-bases/{knowledge.GetProperty("id")}/documents/{document}");
        await DeleteAsync(client, $"/api/knowledge-bases/{knowledge.GetProperty("id")}");

        var entries = await EntriesAsync(client, "limit=50");

        Assert.Equal(
            ["invite.created", "invite.revoked", "app.published", "link.created", "link.revoked", "app.deleted", "document.deleted", "knowledge.deleted"],
            entries.Reverse().Where(entry => entry.Action is not "key.created").Select(entry => entry.Action));
        Assert.Contains(("document.deleted", "note.txt"), entries);
        Assert.Contains(("knowledge.deleted", "Contracts"), entries);
        Assert.Contains(("app.published", "filings"), entries);
        Assert.Equal(["app.deleted", "app.published"], (await EntriesAsync(client, "area=app")).Select(entry => entry.Action));
        Assert.Equal(["document.deleted"], (await EntriesAsync(client, "search=NOTE")).Select(entry => entry.Action));
        Assert.Empty(await EntriesAsync(client, "since=2999-01-01T00:00:00Z"));
        Assert.Empty(await EntriesAsync(client, $"by={Guid.NewGuid()}"));
    }

    [Fact]
    public async Task TheExport_HasEveryEntry_ItsOwnLast_AndAChainThatCanBeFollowed()
    {
        using var client = await _studio.SignedInAsync();
        await PostAsync(client, "/api/members/invites", new { role = "Viewer" });

        using var answer = await client.GetAsync("/api/audit/export", Token);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("attachment", answer.Content.Headers.ContentDisposition!.DispositionType);
        var lines = (await answer.Content.ReadAsStringAsync(Token)).TrimEnd('\n').Split('\n').Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.Equal(["key.created", "invite.created", "audit.exported"], lines.Select(line => line.GetProperty("action").GetString()));
        var hash = "";
        foreach (var line in lines)
        {
            // As the reference says: an array of the hash before and of every field.
            object?[] fields =
            [
                hash, line.GetProperty("workspace").GetGuid(), line.GetProperty("number").GetInt64(), line.GetProperty("ticks").GetInt64(),
                line.GetProperty("by").GetGuid(), Text(line, "action"), Text(line, "subject"), Text(line, "detail"),
            ];
            hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(fields))));
            Assert.Equal(hash, Text(line, "hash"));
        }

        var check = await client.GetFromJsonAsync<JsonElement>("/api/audit/check", Token);
        Assert.Equal((true, 3), (check.GetProperty("isWhole").GetBoolean(), check.GetProperty("entries").GetInt32()));
    }

    [Theory]
    [InlineData("/api/audit")]
    [InlineData("/api/audit/export")]
    [InlineData("/w/workspace/settings/audit.jsonl")]
    public async Task WhoMayNotReadIt_TakesNothingOut(string address)
    {
        using var client = await _studio.SignedInAsync([.. RolePermissions.All.Where(permission => permission != Permissions.AuditRead)]);
        using var answer = await client.GetAsync(address, Token);
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
    }

    [Fact]
    public async Task ThePage_FindsByName_WhatAPersonDid_AndSaysThatTheChainHolds()
    {
        using var client = await _studio.SignedInAsync();
        // A name that no id has in it: ids are found by their digits.
        var member = await _studio.JoinAsync("zoe@example.org", Role.Builder);
        await PostAsync(client, "/api/members/invites", new { role = "Viewer" });
        var state = State(member with { Role = Role.Owner });
        state.Search = "ZOE";
        await state.LoadAsync(Token);
        Assert.Equal(["invite.accepted"], state.Entries!.Select(entry => entry.Action));
        Assert.Equal("zoe", state.WhoDid(state.Entries![0])!.DisplayName);
        Assert.Equal("zoe", state.SubjectOf(state.Entries![0]));

        (state.Search, state.Area) = ("", "invite");
        await state.LoadAsync(Token);
        Assert.Equal(3, state.Entries!.Count);
        Assert.False(state.HasMore);
        await state.CheckAsync(Token);
        Assert.Equal(new AuditCheck(4, null), state.Check);

        var builder = State(member);
        await builder.LoadAsync(Token);
        await builder.CheckAsync(Token);
        Assert.Null(builder.Entries);
        Assert.Null(builder.Check);
    }

    private AuditState State(Membership member) => new(
        _studio.Services.GetRequiredService<IAuditLog>(),
        _studio.Services.GetRequiredService<AccountStore>(),
        new WorkspaceScope(Callers.Of(member), member.Slug, "Workspace", member.Role, "ada", "ada@example.org"),
        TimeProvider.System);

    private static string Text(JsonElement line, string name) => line.GetProperty(name).GetString()!;

    private static async Task<IReadOnlyList<(string Action, string Subject)>> EntriesAsync(HttpClient client, string query)
    {
        var page = await client.GetFromJsonAsync<JsonElement>($"/api/audit?{query}", Token);
        return [.. page.GetProperty("items").EnumerateArray().Select(entry => (Text(entry, "action"), Text(entry, "subject")))];
    }

    private static async Task<JsonElement> PostAsync(HttpClient client, string address, object body)
    {
        using var answer = await client.PostAsJsonAsync(address, body, Token);
        var text = await answer.Content.ReadAsStringAsync(Token);
        Assert.True(answer.IsSuccessStatusCode, $"{address}: {text}");
        return JsonDocument.Parse(text).RootElement;
    }

    private static async Task DeleteAsync(HttpClient client, string address)
    {
        using var answer = await client.DeleteAsync(address, Token);
        Assert.True(answer.StatusCode == HttpStatusCode.NoContent, $"{address}: {await answer.Content.ReadAsStringAsync(Token)}");
    }
}
