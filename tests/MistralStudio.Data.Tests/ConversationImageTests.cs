using MistralStudio.Core.Blobs;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Images;
using MistralStudio.Core.Models;
using MistralStudio.Core.Prompts;
using MistralStudio.Core.Security;
using MistralStudio.Tests.Shared.Fakes;

namespace MistralStudio.Data.Tests;

/// <summary>Images of conversations: who may see them, and when their bytes go.</summary>
public abstract class ConversationImageTests(DataFixture data)
{
    private readonly IConversationStore _conversations = data.Get<IConversationStore>();
    private readonly IConversationImages _images = data.Get<IConversationImages>();
    private readonly IBlobStore _blobs = data.Get<IBlobStore>();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private WorkspaceId Workspace => data.Owner.Workspace;

    private UserId Owner => data.Owner.User;

    [Fact]
    public async Task AMessage_KeepsItsImages_AndTheirBytesGoWithTheConversation()
    {
        var conversation = await CreateAsync();
        var image = await AddAsync(conversation, 2, 3);
        Assert.Equal(("image/png", 2, 3, "a b.png"), (image.MediaType, image.Width, image.Height, image.Name));
        await AppendAsync(conversation, image);

        Assert.Equal([image], Assert.Single(await _conversations.ReadAsync(Workspace, Owner, conversation, Token)).Images);
        Assert.True(await CanOpenAsync(Owner, conversation, image));
        await _images.DropLeftAsync(Token);
        Assert.True(await CanOpenAsync(Owner, conversation, image));

        Assert.True(await _conversations.DeleteAsync(Workspace, Owner, conversation, Token));
        Assert.False(await CanOpenAsync(Owner, conversation, image));
        await _images.DropLeftAsync(Token);
        Assert.Null(await _blobs.OpenAsync(Workspace, image.Sha256, Token));
    }

    [Fact]
    public async Task AnImage_IsItsOwners_UntilTheConversationIsShared_AndAMessageHasIt()
    {
        var other = await data.JoinAsync("looks@example.com", Role.Viewer);
        var conversation = await CreateAsync();
        var (shown, drafted) = (await AddAsync(conversation, 4, 4), await AddAsync(conversation, 5, 5));
        await AppendAsync(conversation, shown);
        Assert.False(await CanOpenAsync(other.User, conversation, shown));

        await _conversations.UpdateAsync(Workspace, Owner, conversation, new ConversationChange { IsShared = true }, Token);
        Assert.True(await CanOpenAsync(other.User, conversation, shown));
        Assert.False(await CanOpenAsync(other.User, conversation, drafted));
        Assert.True(await CanOpenAsync(Owner, conversation, drafted));
        // What is not of this conversation is not found through it, whoever asks.
        Assert.Null(await _images.OpenAsync(Workspace, Owner, await CreateAsync(), shown.Sha256, Token));
        Assert.Null(await _images.OpenAsync(DataFixture.Elsewhere(), Owner, conversation, shown.Sha256, Token));
        foreach (var wrong in (string[])["", "%", shown.Sha256.ToUpperInvariant(), "../../studio.db", shown.Sha256 + "0"])
        {
            Assert.Null(await _images.OpenAsync(Workspace, Owner, conversation, wrong, Token));
        }

        // A copy has its images by itself.
        var copy = (await _conversations.CopySharedAsync(Workspace, other.User, conversation, Token))!;
        await _conversations.DeleteAsync(Workspace, Owner, conversation, Token);
        await _images.DropLeftAsync(Token);
        Assert.True(await CanOpenAsync(other.User, copy.Id, shown));
        Assert.False(await CanOpenAsync(Owner, copy.Id, shown));
        Assert.False(await CanOpenAsync(other.User, copy.Id, drafted));
    }

    [Fact]
    public async Task AConversation_TakesImagesOfPrompts_AndKeepsThoseOfItsOwnDraft()
    {
        var other = await data.JoinAsync("adopts@example.com", Role.Member);
        var bytes = Pictures.PngOf(12, 3);
        var image = PromptImageData.Describe(bytes, ImageShape.Read(bytes)!, "a.png");
        PromptContent content = PromptContent.Empty with { Messages = [new(MessageRole.User, "Look") { Images = [image] }], Attached = new Dictionary<string, ReadOnlyMemory<byte>> { [image.Sha256] = bytes } };
        var prompt = (await data.Get<IPromptStore>().CreateAsync(Workspace, PromptForm.Named("Adopted"), content, "", Owner, Token)).Value;
        var theirs = (await _conversations.CreateAsync(new NewConversation(Workspace, other.User, null, "x", "default", "", GenerationSettings.Default, []), Token)).Id;
        var secret = await AddAsync(await CreateAsync(), 12, 4);

        Assert.Equal("image.gone", (await _images.AdoptAsync(Workspace, other.User, theirs, [image, secret], Token)).Error?.Code);
        Assert.False(await CanOpenAsync(other.User, theirs, image));
        Assert.Equal("image.gone", (await _images.AdoptAsync(Workspace, Owner, theirs, [image], Token)).Error?.Code);
        Assert.True((await _images.AdoptAsync(Workspace, other.User, theirs, [image], Token)).IsSuccess);
        Assert.True((await data.Get<IPromptStore>().DeleteAsync(Workspace, prompt.Id, Owner, Token)).IsSuccess);
        Assert.True(await CanOpenAsync(other.User, theirs, image));

        // Its draft shows it to readers of the conversation, and keeps it.
        await _conversations.UpdateAsync(Workspace, other.User, theirs, new ConversationChange { IsShared = true }, Token);
        Assert.False(await CanOpenAsync(Owner, theirs, image));
        await _conversations.UpdateAsync(Workspace, other.User, theirs, new ConversationChange { Draft = new() { Content = content } }, Token);
        Assert.True(await CanOpenAsync(Owner, theirs, image));
        await _images.DropAsync(Workspace, other.User, theirs, image.Sha256, Token);
        Assert.True(await CanOpenAsync(other.User, theirs, image));
        var copy = (await _conversations.CopySharedAsync(Workspace, Owner, theirs, Token))!;
        Assert.True(await CanOpenAsync(Owner, copy.Id, image));
    }

    [Fact]
    public async Task AnImageThatWasTakenOut_IsDropped_UnlessAMessageHasIt()
    {
        var conversation = await CreateAsync();
        var (shown, removed) = (await AddAsync(conversation, 6, 6), await AddAsync(conversation, 7, 7));
        await AppendAsync(conversation, shown);
        await _images.DropAsync(Workspace, UserId.New(), conversation, removed.Sha256, Token);
        Assert.True(await CanOpenAsync(Owner, conversation, removed));

        await _images.DropAsync(Workspace, Owner, conversation, removed.Sha256, Token);
        await _images.DropAsync(Workspace, Owner, conversation, shown.Sha256, Token);
        Assert.False(await CanOpenAsync(Owner, conversation, removed));
        Assert.True(await CanOpenAsync(Owner, conversation, shown));
    }

    [Fact]
    public async Task WhatIsNoImage_OrNotOnesOwnConversation_IsRefused()
    {
        var conversation = await CreateAsync();
        Assert.Equal("image.not_an_image", (await _images.AddAsync(Workspace, Owner, conversation, "<svg/>"u8.ToArray(), "a.png", Token)).Error!.Code);
        Assert.Equal(ImageErrors.Gone(), (await _images.AddAsync(Workspace, UserId.New(), conversation, Pictures.Png, "a.png", Token)).Error);
        Assert.Equal(ImageErrors.Gone(), (await _images.AddAsync(DataFixture.Elsewhere(), Owner, conversation, Pictures.Png, "a.png", Token)).Error);
    }

    private async Task<ConversationId> CreateAsync() =>
        (await _conversations.CreateAsync(new NewConversation(Workspace, Owner, null, "Seen", "default", "", GenerationSettings.Default, []), Token)).Id;

    private async Task<MessageImage> AddAsync(ConversationId conversation, int width, int height) =>
        (await _images.AddAsync(Workspace, Owner, conversation, Pictures.PngOf(width, height), "a\n b.png", Token)).Value;

    private async Task AppendAsync(ConversationId conversation, params MessageImage[] images) => Assert.True(await _conversations.AppendAsync(
        Workspace, Owner, new Message { Id = MessageId.New(), Conversation = conversation, Role = MessageRole.User, Text = "Look", Images = images, CreatedAt = DateTimeOffset.UnixEpoch }, Token));

    private async Task<bool> CanOpenAsync(UserId reader, ConversationId conversation, MessageImage image)
    {
        await using var stream = await _images.OpenAsync(Workspace, reader, conversation, image.Sha256, Token);
        return stream is not null;
    }

    public sealed class OnSqlite(SqliteData data) : ConversationImageTests(data), IClassFixture<SqliteData>;

    public sealed class OnPostgres(PostgresData data) : ConversationImageTests(data.OrSkip()), IClassFixture<PostgresData>;
}
