using Microsoft.Extensions.DependencyInjection;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Retrieval.Sources;
using MistralStudio.Tests.Shared.Fakes;

namespace MistralStudio.Retrieval.Tests.Sources;

/// <summary>Folders that are read because something in them changed.</summary>
public sealed class FolderWatchTests : IAsyncLifetime
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("watched-");
    private readonly RetrievalRoom _room;

    public FolderWatchTests() => _room = new RetrievalRoom(
        configure: options => options.SourceRoots = [_root.FullName],
        services: services => services.AddSingleton<TimeProvider>(new HurriedTime()));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private IKnowledgeSources Sources => _room.Get<IKnowledgeSources>();

    private FolderWatch Watch => _room.Get<FolderWatch>();

    public async ValueTask InitializeAsync() => await Watch.StartAsync(Token);

    public async ValueTask DisposeAsync()
    {
        await Watch.StopAsync(Token);
        await _room.Work.IdleAsync();
        _room.Dispose();
        _root.Delete(recursive: true);
    }

    [Fact]
    public async Task WhatComes_Changes_AndGoes_IsFollowed_AndOnlyWhatChangedIsEmbedded()
    {
        Write("a.txt", "Alpha stays as it is.");
        var parent = await FollowAsync();
        await UntilAsync(async () => (await NamesAsync(parent)).SequenceEqual(["a.txt"]));
        var embedded = _room.Embedder.Texts;

        Write("deep/b.txt", "Beta is new.");
        await UntilAsync(async () => (await NamesAsync(parent)).SequenceEqual(["a.txt", "b.txt"]));
        Write("deep/b.txt", "Beta says something else.");
        await UntilAsync(async () => (await _room.FindAsync(parent, "Beta something else", SearchMode.Lexical)).Hits.Any(hit => hit.Text.Contains("something else", StringComparison.Ordinal)));
        File.Delete(Path.Combine(_root.FullName, "deep", "b.txt"));
        await UntilAsync(async () => (await NamesAsync(parent)).SequenceEqual(["a.txt"]));

        Assert.Equal(2, _room.Embedder.Texts - embedded);
    }

    [Fact]
    public async Task ASourceThatWasRemoved_IsWatchedNoLonger()
    {
        var parent = await FollowAsync();
        var source = Assert.Single(await Sources.ListAsync(_room.Workspace, parent, Token));

        await Sources.RemoveAsync(_room.Workspace, parent, source.Id, withDocuments: false, null, Token);

        await UntilAsync(() => Task.FromResult(Watch.Folders == 0));
    }

    [Theory]
    [InlineData(0, 0, 2)]
    [InlineData(0, 10, 12)]
    [InlineData(0, 29, 30)]
    [InlineData(0, 60, 30)]
    public void AChange_IsDueWhenItIsQuiet_OrAfterHalfAMinute(int first, int last, int due)
    {
        var zero = DateTimeOffset.UnixEpoch;
        var waiting = Debounce.After(Debounce.After(null, zero.AddSeconds(first)), zero.AddSeconds(last));
        Assert.Equal(zero.AddSeconds(due), waiting.DueAt);
    }

    private void Write(string path, string text)
    {
        var full = Path.Combine(_root.FullName, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, text);
    }

    private async Task<KnowledgeBaseId> FollowAsync()
    {
        var parent = await _room.CreateBaseAsync();
        Assert.True((await Sources.AddAsync(_room.Workspace, parent, new(SourceKind.Folder, _root.FullName, 5, 1_000, null), null, Token)).IsSuccess);
        await UntilAsync(() => Task.FromResult(Watch.Folders == 1));
        return parent;
    }

    private async Task<List<string>> NamesAsync(KnowledgeBaseId parent) =>
        [.. (await _room.Store.ListDocumentsAsync(_room.Workspace, parent, null, null, 100, Token)).Items
            .Where(document => document.State == DocumentState.Indexed).Select(document => document.Name).Order()];

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Token);
        patience.CancelAfter(TimeSpan.FromSeconds(30));
        while (!await condition())
        {
            await Task.Delay(10, patience.Token);
        }
    }
}
