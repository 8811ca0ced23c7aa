using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Images;
using MistralStudio.Core.Models;
using MistralStudio.Core.Security;
using MistralStudio.Tests.Shared.Fakes;

namespace MistralStudio.Web.Tests.Api;

/// <summary>Images of conversations over HTTP: taken for what their bytes are, served to who may read the conversation and in no way that runs.</summary>
public sealed class ConversationImagesApiTests(ApiStudio studio) : IClassFixture<ApiStudio>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AnImage_IsServedToWhoMayReadTheConversation_AsWhatItsBytesAre()
    {
        var me = await studio.JoinAsync("sees@example.org", Role.Member);
        using var mine = await studio.SignedInAsync(me.User, [.. RolePermissions.Of(Role.Member)]);
        using var theirs = await studio.SignedInAsync();
        var conversation = await BeginAsync(me.Workspace, me.User);

        using var foreign = await theirs.PostAsync($"/api/conversations/{conversation}/images", Bytes(Pictures.Png), Token);
        Assert.Equal((HttpStatusCode.NotFound, "chat.conversation_not_found"), (foreign.StatusCode, await CodeAsync(foreign)));
        // Called a page and sent as one, it is an image all the same.
        using var kept = await mine.PostAsync($"/api/conversations/{conversation}/images?name=evil.html", Bytes(Pictures.Png, "text/html"), Token);
        Assert.Equal(HttpStatusCode.Created, kept.StatusCode);
        var image = await kept.Content.ReadFromJsonAsync<JsonElement>(Token);
        Assert.Equal("image/png", image.GetProperty("mediaType").GetString());
        var sha256 = image.GetProperty("sha256").GetString()!;

        var address = $"/w/any/conversations/{conversation}/images/{sha256}";
        using var served = await mine.GetAsync(address, Token);
        Assert.Equal(Pictures.Png, await served.Content.ReadAsByteArrayAsync(Token));
        Assert.Equal("image/png", served.Content.Headers.ContentType!.ToString());
        Assert.Equal("nosniff", Assert.Single(served.Headers.GetValues("X-Content-Type-Options")));
        Assert.Equal("default-src 'none'; sandbox", Assert.Single(served.Headers.GetValues("Content-Security-Policy")));
        Assert.Equal("attachment", served.Content.Headers.ContentDisposition!.DispositionType);
        Assert.EndsWith(".png", served.Content.Headers.ContentDisposition.FileName, StringComparison.Ordinal);
        Assert.True(served.Headers.CacheControl is { Private: true, NoCache: true });

        foreach (var wrong in (string[])[address[..^64] + new string('0', 64), $"/w/any/conversations/{ConversationId.New()}/images/{sha256}", $"/w/any/conversations/{conversation}/images/..%2F..%2Fstudio.db"])
        {
            using var missing = await mine.GetAsync(wrong, Token);
            Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
        }

        using var others = await theirs.GetAsync(address, Token);
        Assert.Equal(HttpStatusCode.NotFound, others.StatusCode);
        using var nobody = studio.CreateClient(new() { AllowAutoRedirect = false });
        using var unknown = await nobody.GetAsync(address, Token);
        Assert.Contains(unknown.StatusCode, (HttpStatusCode[])[HttpStatusCode.Unauthorized, HttpStatusCode.Redirect]);

        var conversations = studio.Services.GetRequiredService<IConversationStore>();
        await conversations.AppendAsync(me.Workspace, me.User, new Message { Id = MessageId.New(), Conversation = conversation, Role = MessageRole.User, Text = "x", Images = [new(sha256, "image/png", 1, 1, 1, "x")], CreatedAt = default }, Token);
        await conversations.UpdateAsync(me.Workspace, me.User, conversation, new ConversationChange { IsShared = true }, Token);
        using var shared = await theirs.GetAsync(address, Token);
        Assert.Equal(HttpStatusCode.OK, shared.StatusCode);
        await conversations.UpdateAsync(me.Workspace, me.User, conversation, new ConversationChange { IsShared = false }, Token);
        using var again = new HttpRequestMessage(HttpMethod.Get, address) { Headers = { { "If-None-Match", $"\"{sha256}\"" } } };
        using var takenBack = await theirs.SendAsync(again, Token);
        Assert.Equal(HttpStatusCode.NotFound, takenBack.StatusCode);
    }

    [Theory]
    [InlineData("image.not_an_image", HttpStatusCode.UnprocessableEntity)]
    [InlineData("image.too_many_pixels", HttpStatusCode.UnprocessableEntity)]
    [InlineData("image.too_large", HttpStatusCode.RequestEntityTooLarge)]
    public async Task WhatCannotBeShown_IsRefused_WithOneSentence(string code, HttpStatusCode status)
    {
        using var client = await studio.SignedInAsync();
        var owner = (await studio.Services.GetRequiredService<Data.Accounts.AccountStore>().FindDefaultOwnerAsync(Token))!;
        var bytes = code switch
        {
            "image.not_an_image" => "<svg onload='alert(1)'/>"u8.ToArray(),
            "image.too_many_pixels" => Pictures.PngOf(30_000, 30_000),
            _ => [.. Pictures.Png, .. new byte[ImageRules.MostBytes]],
        };
        using var refused = await client.PostAsync($"/api/conversations/{await BeginAsync(owner.Workspace, owner.User)}/images?name=a.png", Bytes(bytes, "image/png"), Token);
        Assert.Equal((status, code), (refused.StatusCode, await CodeAsync(refused)));

        using var reader = await studio.SignedInAsync(Permissions.PromptsRead);
        using var forbidden = await reader.PostAsync($"/api/conversations/{await BeginAsync(owner.Workspace, owner.User)}/images", Bytes(Pictures.Png), Token);
        Assert.Equal(HttpStatusCode.Forbidden, forbidden.StatusCode);
    }

    private async Task<ConversationId> BeginAsync(WorkspaceId workspace, UserId owner) => (await studio.Services.GetRequiredService<IConversationStore>()
        .CreateAsync(new(workspace, owner, null, "Title", "scripted", "", GenerationSettings.Default, []), Token)).Id;

    private static ByteArrayContent Bytes(byte[] bytes, string type = "application/octet-stream") => new(bytes) { Headers = { ContentType = new(type) } };

    private static async Task<string?> CodeAsync(HttpResponseMessage response) =>
        (await response.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("code").GetString();
}
