using System.Net;
using Microsoft.Extensions.DependencyInjection;
using MistralStudio.Core.Egress;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Retrieval.Sources;

namespace MistralStudio.Retrieval.Tests.Sources;

/// <summary>Folders and sites that a base follows.</summary>
public sealed class SourceTests : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("source-");
    private readonly ScriptedSite _site = new();
    private readonly RetrievalRoom _room;

    public SourceTests() => _room = new RetrievalRoom(
        configure: options =>
        {
            options.SourceRoots = [_root.FullName];
            options.Ocr = false;
        },
        services: services => services.AddSingleton<IEgress>(_site));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private IKnowledgeSources Sources => _room.Get<IKnowledgeSources>();

    [Fact]
    public async Task Folder_IsFollowed_AndOnlyWhatChangedIsEmbeddedAgain()
    {
        Write("a.txt", "Alpha says the first thing.");
        Write("deep/b.md", "# Beta\n\nBeta says the second thing.\n\n# More\n\nThis stays as it is.");
        Write("c.txt", "Gamma goes away.");
        var parent = await _room.CreateBaseAsync();

        var source = await AddAsync(parent, Folder());

        Assert.Equal(new SyncReport(3, 0, 0, 0, 0), source.LastReport);
        Assert.Equal(3, source.Documents);
        Assert.Contains((await _room.FindAsync(parent, "second thing")).Hits, hit => hit.Document == "b.md");
        var before = (await DocumentsAsync(parent)).ToDictionary(document => document.Name, document => document.Id);
        var embedded = _room.Embedder.Texts;

        Write("deep/b.md", "# Beta\n\nBeta says something new.\n\n# More\n\nThis stays as it is.");
        File.Delete(Path.Combine(_root.FullName, "c.txt"));
        source = await SyncAsync(parent, source.Id);

        Assert.Equal(new SyncReport(0, 1, 1, 1, 0), source.LastReport);
        var after = await DocumentsAsync(parent);
        Assert.Equal(["a.txt", "b.md"], after.Select(document => document.Name).Order());
        Assert.All(after, document => Assert.Equal((before[document.Name], DocumentState.Indexed), (document.Id, document.State)));
        Assert.Equal(1, _room.Embedder.Texts - embedded);
        Assert.DoesNotContain((await _room.FindAsync(parent, "goes away")).Hits, hit => hit.Text.Contains("Gamma", StringComparison.Ordinal));
    }

    [Fact]
    public async Task TouchedFile_WithTheSameBytes_IsUnchanged()
    {
        Write("a.txt", "Alpha.");
        var parent = await _room.CreateBaseAsync();
        var source = await AddAsync(parent, Folder());

        File.SetLastWriteTimeUtc(Path.Combine(_root.FullName, "a.txt"), new DateTime(2030, 1, 1));
        source = await SyncAsync(parent, source.Id);

        Assert.Equal(new SyncReport(0, 0, 1, 0, 0), source.LastReport);
    }

    [Fact]
    public async Task FolderOutsideTheRoots_IsRefused_HoweverItIsWritten()
    {
        var parent = await _room.CreateBaseAsync();
        using var elsewhere = new TemporaryFolder();
        Directory.CreateSymbolicLink(Path.Combine(_root.FullName, "link"), elsewhere.Path);
        foreach (var path in (string[])[elsewhere.Path, _root.FullName + "/../", _root.FullName + "-other", Path.Combine(_root.FullName, "link"), "relative", "/"])
        {
            var refused = await Sources.AddAsync(_room.Workspace, parent, Folder() with { Location = path }, null, Token);

            Assert.Equal("knowledge.source_outside_roots", refused.Error?.Code);
        }
    }

    [Fact]
    public async Task LinkInAFolder_IsNotFollowed()
    {
        using var elsewhere = new TemporaryFolder();
        await File.WriteAllTextAsync(Path.Combine(elsewhere.Path, "secret.txt"), "secret words", Token);
        Write("a.txt", "Alpha.");
        Directory.CreateSymbolicLink(Path.Combine(_root.FullName, "dir"), elsewhere.Path);
        File.CreateSymbolicLink(Path.Combine(_root.FullName, "file.txt"), Path.Combine(elsewhere.Path, "secret.txt"));
        var parent = await _room.CreateBaseAsync();

        var source = await AddAsync(parent, Folder());

        Assert.Equal(1, source.Documents);
    }

    [Fact]
    public async Task FolderThatWentAway_KeepsItsDocuments_AndSaysWhy()
    {
        Write("sub/a.txt", "Alpha.");
        var parent = await _room.CreateBaseAsync();
        var source = await AddAsync(parent, Folder() with { Location = Path.Combine(_root.FullName, "sub") });

        Directory.Delete(Path.Combine(_root.FullName, "sub"), recursive: true);
        source = await SyncAsync(parent, source.Id);

        Assert.Equal("knowledge.source_folder_missing", source.Error?.Code);
        Assert.Single(await DocumentsAsync(parent));
    }

    [Fact]
    public async Task Site_IsRead_AsDeepAsWanted_WithinItself_AsRobotsAllow()
    {
        _site.Pages["/robots.txt"] = (HttpStatusCode.OK, "text/plain", "User-agent: *\nDisallow: /private\n");
        _site.Page("/", "Home", "/one", "/private/x", "https://other.example.org/", "mailto:a@b.c", "/one#part");
        _site.Page("/one", "One", "/two");
        _site.Page("/two", "Two");
        _site.Page("/private/x", "Private");
        var parent = await _room.CreateBaseAsync();

        var source = await AddAsync(parent, new(SourceKind.Web, "https://docs.example.com/", 1, 100, null));

        Assert.Equal(new SyncReport(2, 0, 0, 0, 0), source.LastReport);
        Assert.Equal(["Home.html", "One.html"], (await DocumentsAsync(parent)).Select(document => document.Name).Order());
        Assert.All(_site.Asked, address => Assert.StartsWith("https://docs.example.com/", address, StringComparison.Ordinal));
        Assert.DoesNotContain(_site.Asked, address => address.Contains("private", StringComparison.Ordinal));
    }

    [Fact]
    public async Task PageThatIsGone_IsRemoved_AndOneThatIsBroken_Stays()
    {
        _site.Page("/", "Home", "/one", "/two");
        _site.Page("/one", "One");
        _site.Page("/two", "Two");
        var parent = await _room.CreateBaseAsync();
        var source = await AddAsync(parent, new(SourceKind.Web, "https://docs.example.com/", 1, 100, null));

        _site.Pages.Remove("/one");
        _site.Pages["/two"] = (HttpStatusCode.BadGateway, "text/plain", "later");
        source = await SyncAsync(parent, source.Id);

        Assert.Equal(new SyncReport(0, 0, 1, 1, 1), source.LastReport);
        Assert.Equal(["Home.html", "Two.html"], (await DocumentsAsync(parent)).Select(document => document.Name).Order());
    }

    [Fact]
    public async Task Limit_EndsAReading_WithoutRemovingAnything()
    {
        _site.Page("/", "Home", [.. Enumerable.Range(0, 20).Select(i => $"/{i}")]);
        foreach (var i in Enumerable.Range(0, 20))
        {
            _site.Page($"/{i}", $"Page {i}");
        }

        var parent = await _room.CreateBaseAsync();
        var source = await AddAsync(parent, new(SourceKind.Web, "https://docs.example.com/", 1, 5, null));

        Assert.Equal(("knowledge.source_truncated", 5), (source.Error?.Code, source.Documents));
    }

    [Theory]
    [InlineData("ftp://docs.example.com/", "knowledge.source_address")]
    [InlineData("https://me:secret@docs.example.com/", "knowledge.source_address")]
    [InlineData("docs.example.com", "knowledge.source_address")]
    public async Task AddressThatIsNone_IsRefused(string address, string code)
    {
        var refused = await Sources.AddAsync(_room.Workspace, await _room.CreateBaseAsync(), new(SourceKind.Web, address, 1, 100, null), null, Token);

        Assert.Equal(code, refused.Error?.Code);
    }

    [Fact]
    public async Task RefusedAddress_FailsTheSource_WithTheReasonOfTheWayOut()
    {
        var parent = await _room.CreateBaseAsync();

        var source = await AddAsync(parent, new(SourceKind.Web, "http://169.254.169.254/", 1, 100, null));

        Assert.Equal("egress.refused", source.Error?.Code);
    }

    [Fact]
    public async Task Schedule_NamesTheNextTime_AndABadOneIsRefused()
    {
        var parent = await _room.CreateBaseAsync();
        var source = (await Sources.AddAsync(_room.Workspace, parent, Folder() with { Schedule = "0 3 * * *" }, null, Token)).Value;

        Assert.Equal(3, source.NextSyncAt!.Value.Hour);
        Assert.Equal(
            "knowledge.source_schedule", (await Sources.AddAsync(_room.Workspace, parent, Folder() with { Schedule = "every day" }, null, Token)).Error?.Code);
        Assert.Equal(SourceErrors.NotFound(), (await Sources.SyncAsync(WorkspaceId.New(), parent, source.Id, Token)).Error);
    }

    [Fact]
    public async Task DueSource_IsBegun_ByTheScheduler()
    {
        Write("a.txt", "Alpha.");
        var parent = await _room.CreateBaseAsync();
        var added = (await ((ISourceStore)_room.Store).AddAsync(_room.Workspace, parent, Folder() with { Schedule = "0 3 * * *" }, DateTimeOffset.UnixEpoch, null, Token))!;

        await _room.Get<SourceScheduler>().RunAsync(Token);

        Assert.Contains(SourceSync.Work(added.Id), _room.Work.Started);
        Assert.True((await Sources.FindAsync(_room.Workspace, parent, added.Id, Token))!.NextSyncAt > TimeProvider.System.GetUtcNow());
        await _room.Work.IdleAsync();
    }

    [Fact]
    public async Task RemovedSource_LeavesItsDocuments_UnlessTheyAreToGo()
    {
        Write("a.txt", "Alpha.");
        var parent = await _room.CreateBaseAsync();
        var kept = await AddAsync(parent, Folder());
        Assert.True((await Sources.RemoveAsync(_room.Workspace, parent, kept.Id, withDocuments: false, null, Token)).IsSuccess);
        Assert.Single(await DocumentsAsync(parent));

        var taken = await AddAsync(parent, Folder());
        Assert.True((await Sources.RemoveAsync(_room.Workspace, parent, taken.Id, withDocuments: true, null, Token)).IsSuccess);
        await _room.Work.IdleAsync();

        Assert.Single(await DocumentsAsync(parent));
    }

    [Fact]
    public async Task SettingsThatCutOtherwise_CutAgain_AndEmbedOnlyWhatIsNew()
    {
        var parent = await _room.CreateBaseAsync();
        var sentence = "Sales of the segment rose in the year. ";
        var document = await _room.IngestAsync(parent, "a.md", $"# A\n\n{string.Concat(Enumerable.Range(0, 30).Select(i => $"{i} {sentence}"))}\n\n# B\n\nShort.");
        var settings = _room.Get<IKnowledgeSettings>();
        var embedded = _room.Embedder.Texts;

        var preview = (await settings.PreviewAsync(_room.Workspace, parent, document.Id, new() { PassageCharacters = 200 }, Token)).Value;
        var changed = (await settings.ChangeAsync(_room.Workspace, parent, new() { Splitting = new() { PassageCharacters = 200 } }, 0, Token)).Value;
        await _room.Work.IdleAsync();

        var again = (await _room.Store.FindAsync(document.Id, Token))!;
        Assert.Equal((DocumentState.Indexed, preview.Total, 1), (again.State, again.Passages, changed.SettingsVersion));
        Assert.True(again.Passages > document.Passages);
        Assert.Equal(preview.Total - preview.Kept, _room.Embedder.Texts - embedded);
        Assert.True(preview.Kept > 0);
        Assert.Equal(
            "knowledge.settings_conflict", (await settings.ChangeAsync(_room.Workspace, parent, new(), 0, Token)).Error?.Code);
        Assert.Equal(
            "knowledge.bad_setting",
            (await settings.ChangeAsync(_room.Workspace, parent, new() { Splitting = new() { PassageCharacters = 1 } }, 1, Token)).Error?.Code);
    }

    public void Dispose()
    {
        _room.Dispose();
        _root.Delete(recursive: true);
    }

    private SourceSettings Folder() => new(SourceKind.Folder, _root.FullName, 5, 1_000, null);

    private void Write(string path, string text)
    {
        var full = Path.Combine(_root.FullName, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, text);
    }

    private async Task<KnowledgeSource> AddAsync(KnowledgeBaseId parent, SourceSettings settings)
    {
        var added = (await Sources.AddAsync(_room.Workspace, parent, settings, null, Token)).Value;
        return await RunAsync(parent, added.Id);
    }

    private async Task<KnowledgeSource> SyncAsync(KnowledgeBaseId parent, SourceId source)
    {
        Assert.True((await Sources.SyncAsync(_room.Workspace, parent, source, Token)).IsSuccess);
        return await RunAsync(parent, source);
    }

    private async Task<KnowledgeSource> RunAsync(KnowledgeBaseId parent, SourceId source)
    {
        await _room.Work.IdleAsync();
        return (await Sources.FindAsync(_room.Workspace, parent, source, Token))!;
    }

    private async Task<IReadOnlyList<KnowledgeDocument>> DocumentsAsync(KnowledgeBaseId parent) =>
        (await _room.Store.ListDocumentsAsync(_room.Workspace, parent, null, null, 100, Token)).Items;

    private sealed class TemporaryFolder : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("elsewhere-").FullName;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
