using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Models;
using MistralStudio.Inference.Hosting;
using MistralStudio.Inference.Import;
using MistralStudio.Tests.Shared;

namespace MistralStudio.Inference.Tests.Import;

/// <summary>Models come here by a path or an upload, are checked, and go again.</summary>
public sealed class ModelLibraryTests : IAsyncDisposable
{
    private readonly TempFolder _source = new();
    private readonly TempFolder _data = new();
    private readonly InferenceOptions _options = new();
    private readonly NamedUses _uses = new();
    private ModelHost _host;
    private ModelLibrary _library;

    public ModelLibraryTests()
    {
        _options.StarterModelsPath = _data.File("starters");
        (_host, _library) = Open();
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static WorkspaceId Workspace { get; } = WorkspaceId.New();

    private string Incoming => _data.File(".incoming");

    public async ValueTask DisposeAsync()
    {
        await _library.DisposeAsync();
        await _host.DisposeAsync();
        _source.Dispose();
        _data.Dispose();
    }

    [Fact]
    public async Task AFileFromAPath_IsInstalled_WithItsChecksum_AndAnswers()
    {
        var import = await ImportAsync(new ModelSource.FromPath(_source.Write("Tiny Llama-Q8_0.gguf", TinyModel.ToArray())));
        Assert.Equal((ImportState.Done, "tiny-llama-q8_0"), (import.State, import.Model));
        var model = _host.Find("tiny-llama-q8_0")!;
        Assert.Equal((import.Sha256, ModelState.OnDisk), (model.Sha256, model.State));
        Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(TinyModel.ToArray())), model.Sha256);
        Assert.NotNull(model.InstalledAt);
        var answer = await _host.Chat(model.Id).Value.GetResponseAsync("Hi", new ChatOptions { MaxOutputTokens = 2 }, Token);
        Assert.NotNull(answer.FinishReason);
        Assert.Empty(Directory.EnumerateDirectories(Incoming).SelectMany(Directory.EnumerateDirectories));
    }

    [Fact]
    public async Task ALinkedFile_IsUsedWhereItLies()
    {
        var file = _source.Write("tiny.gguf", TinyModel.ToArray());
        Assert.Equal(ImportState.Done, (await ImportAsync(new ModelSource.FromPath(file, Link: true, "linked"))).State);
        Assert.Equal(file, File.ResolveLinkTarget(Path.Combine(_data.File("linked"), "tiny.gguf"), true)!.FullName);
        Assert.Equal(new FileInfo(file).Length, _host.Find("linked")!.FileBytes);
        Assert.True((await _host.LoadAsync("linked", Token)).IsSuccess);
        Assert.True((await _library.RemoveAsync("linked", null, Token)).IsSuccess);
        Assert.True(File.Exists(file));
    }

    public static TheoryData<string, string, string> Refused => new()
    {
        { "foreign architecture", "model.unreadable", "architecture \"gemma2\" is not supported" },
        { "cut short", "model.unreadable", "" },
        { "broken template", "model.unreadable", "template" },
        { "web page", "model.unreadable", "" },
        { "empty", "model.unreadable", "" },
    };

    [Fact]
    public async Task ABaseModel_WithoutAChatTemplate_IsTaken_SaysSo_AndContinuesTexts()
    {
        var import = await ImportAsync(new ModelSource.FromPath(_source.Write("base.gguf", TinyModel.ToArray(template: null))));
        Assert.Equal(ImportState.Done, import.State);
        Assert.Contains("ChatML", Assert.Single(_host.Find("base")!.Notes, note => note.Contains("chat template", StringComparison.Ordinal)), StringComparison.Ordinal);
        using var chat = _host.Chat("base").Value;
        var text = (ITextCompletion)chat.GetService(typeof(ITextCompletion))!;
        var options = new ChatOptions { MaxOutputTokens = 3, Temperature = 0, AdditionalProperties = new() { [ChatOptionKeys.IgnoreEos] = true } };
        var tokens = 0L;
        await foreach (var update in text.CompleteAsync(new TextPrompt("Once upon", null), options, Token))
        {
            tokens += update.Contents.OfType<UsageContent>().Sum(usage => usage.Details.OutputTokenCount ?? 0);
        }

        Assert.Equal(3, tokens);
        Assert.NotNull((await chat.GetResponseAsync("Hello", options, Token)).Messages);
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task WhatCannotBeUsed_IsRefusedByItsReason_AndLeavesNothing(string what, string code, string reason)
    {
        byte[] bytes = what switch
        {
            "foreign architecture" => TinyModel.ToArray(architecture: "gemma2"),
            "cut short" => TinyModel.ToArray()[..^100],
            "broken template" => TinyModel.ToArray(template: "{% for x in %}"),
            "web page" => "<!doctype html><title>Sign in</title>"u8.ToArray(),
            _ => [],
        };
        var import = await ImportAsync(new ModelSource.FromPath(_source.Write("bad.gguf", bytes)));
        Assert.Equal((ImportState.Failed, code), (import.State, import.Error!.Code));
        Assert.Contains(reason, import.Error.Message, StringComparison.Ordinal);
        Assert.Null(_host.Find("bad"));
        Assert.Empty(Directory.EnumerateDirectories(Incoming).SelectMany(Directory.EnumerateDirectories));
        Assert.True((await _library.CancelAsync(import.Id, Token)).IsSuccess);
        Assert.Empty(_library.Imports());
    }

    [Theory]
    [InlineData("relative/model.gguf", "import.bad_path")]
    [InlineData("/etc/passwd.txt", "import.bad_path")]
    [InlineData("/nowhere/model.gguf", "import.nothing_there")]
    [InlineData("/nowhere/big-00001-of-00003.gguf", "import.in_parts")]
    public async Task APathThatIsNone_IsRefusedAtOnce(string path, string code) =>
        Assert.Equal(code, (await _library.StartAsync(new ModelSource.FromPath(path), Workspace, Token)).Error!.Code);

    [Fact]
    public async Task ANameThatIsTaken_OrNoRoom_OrTooMuch_IsRefusedBeforeAByteIsWritten()
    {
        var file = _source.Write("tiny.gguf", TinyModel.ToArray());
        await ImportAsync(new ModelSource.FromPath(file));
        Assert.Equal("import.id_taken", (await _library.StartAsync(new ModelSource.FromPath(file), Workspace, Token)).Error!.Code);
        Assert.Equal("import.bad_id", (await _library.StartAsync(new ModelSource.FromPath(file, Id: "../x"), Workspace, Token)).Error!.Code);
        Assert.Equal("import.too_large", _library.BeginUpload("x.gguf", null, long.MaxValue / 2, Workspace).Error!.Code);
        _options.MaxModelBytes = long.MaxValue;
        Assert.Equal("storage.disk_full", _library.BeginUpload("x.gguf", null, long.MaxValue / 2, Workspace).Error!.Code);
    }

    [Fact]
    public async Task AnUpload_IsInstalled_WhenItIsWhole()
    {
        var bytes = TinyModel.ToArray();
        await using var upload = _library.BeginUpload("sent.gguf", null, bytes.Length, Workspace).Value;
        Assert.Equal("import.foreign_file", (await upload.AddAsync("../../sent.gguf", new MemoryStream(bytes), Token)).Error!.Code);
        Assert.True((await upload.AddAsync("sent.gguf", new MemoryStream(bytes), Token)).IsSuccess);
        Assert.Equal(ImportState.Done, (await _library.WaitAsync(upload.Complete().Value.Id, null, Token)).State);
        Assert.NotNull(_host.Find("sent"));
    }

    [Fact]
    public async Task AnUploadThatEnds_LeavesNothing_AndSaysSo()
    {
        await using (var upload = _library.BeginUpload("sent.gguf", null, 100, Workspace).Value)
        {
            await upload.AddAsync("sent.gguf", new MemoryStream(new byte[50]), Token);
        }

        Assert.Equal("import.cut_off", Assert.Single(_library.Imports()).Error!.Code);
        Assert.Empty(Directory.EnumerateDirectories(Incoming).SelectMany(Directory.EnumerateDirectories));
    }

    [Fact]
    public async Task AfterAKill_ACopyGoesOn_AndAnUploadIsCleared()
    {
        var file = _source.Write("tiny.gguf", TinyModel.ToArray());
        var record = ImportPlan.Make(new ModelSource.FromPath(file), new Catalogue(Options.Create(_options)), Workspace, DateTimeOffset.UnixEpoch).Value;
        var killed = ImportFolder.Of(new DataModels(_data.Path), record.Id);
        killed.Write(record);
        Directory.CreateDirectory(killed.Files);
        File.WriteAllBytes(Path.Combine(killed.Files, "tiny.gguf.part"), new byte[10]);
        var upload = ImportPlan.Empty(ImportKind.Upload, "sent.gguf", null, "sent.gguf").Value;
        var cut = ImportFolder.Of(new DataModels(_data.Path), upload.Id);
        cut.Write(upload);
        Directory.CreateDirectory(cut.Files);
        var nothing = Directory.CreateDirectory(Path.Combine(Incoming, "0123")).FullName;

        await _host.DisposeAsync();
        (_host, _library) = Open();
        _library.Resume();
        Assert.Equal(ImportState.Done, (await _library.WaitAsync(record.Id, null, Token)).State);
        Assert.NotNull(_host.Find("tiny"));
        Assert.Equal("import.cut_off", _library.Imports().Single(import => import.Id == upload.Id).Error!.Code);
        Assert.False(Directory.Exists(cut.Files) || Directory.Exists(nothing));
    }

    [Fact]
    public async Task AModelThatIsUsed_IsNotRemoved_AndItIsSaidWhere()
    {
        await ImportAsync(new ModelSource.FromPath(_source.Write("tiny.gguf", TinyModel.ToArray())));
        _uses.Found = [new(Workspace, ModelUsageKind.App, "Filings"), new(WorkspaceId.New(), ModelUsageKind.App, "Secret")];
        var refused = await _library.RemoveAsync("tiny", Workspace, Token);
        Assert.Equal("model.in_use", refused.Error!.Code);
        Assert.Contains("the app \"Filings\", 1 other workspace", refused.Error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("Secret", refused.Error.Message, StringComparison.Ordinal);
        _uses.Found = [];
        _options.KeepWarm.Add("tiny");
        Assert.Contains("Inference:KeepWarm", (await _library.RemoveAsync("tiny", Workspace, Token)).Error!.Message, StringComparison.Ordinal);
        _options.KeepWarm.Clear();
        Assert.True((await _library.RemoveAsync("tiny", Workspace, Token)).IsSuccess);
        Assert.Null(_host.Find("tiny"));
        Assert.False(Directory.Exists(_data.File("tiny")));
    }

    [Fact]
    public async Task AModelThatAnotherProcessHasInMemory_IsNotRemoved()
    {
        await ImportAsync(new ModelSource.FromPath(_source.Write("tiny.gguf", TinyModel.ToArray())));
        await using var other = new ModelHost(Options.Create(_options), new DataModels(_data.Path), TimeProvider.System, NullLogger<ModelHost>.Instance);
        await other.LoadAsync("tiny", Token);
        Assert.Contains("in memory", (await _library.RemoveAsync("tiny", null, Token)).Error!.Message, StringComparison.Ordinal);
        await other.UnloadAsync("tiny", Token);
        Assert.True((await _library.RemoveAsync("tiny", null, Token)).IsSuccess);
    }

    [Fact]
    public void ScannedFolders_AreOffered_AndTheCatalogueIsRead()
    {
        Directory.CreateDirectory(_source.File("deep"));
        File.WriteAllBytes(Path.Combine(_source.File("deep"), "lying.gguf"), TinyModel.ToArray());
        _options.ModelFolders.Add(_source.Path);
        _options.ModelFolders.Add("/nowhere");
        Assert.Equal(("lying", false), Assert.Single(_library.Scan()) is var found ? (found.Model, found.IsInstalled) : default);

        _options.CataloguePath = Path.Combine(SharedData.StarterModels, "catalog.json");
        var entries = _library.Catalogue().Value;
        Assert.NotEmpty(entries);
        Assert.All(entries, entry => Assert.All(entry.Files, file => Assert.Equal("https", file.Url.Scheme)));
        Assert.Equal(entries.Count, entries.Select(entry => entry.Id).Distinct().Count());
        _options.CataloguePath = _source.Write("broken.json", "{"u8);
        Assert.Equal("import.catalogue_unreadable", _library.Catalogue().Error!.Code);
    }

    private async Task<ModelImport> ImportAsync(ModelSource source)
    {
        var started = await _library.StartAsync(source, Workspace, Token);
        Assert.True(started.IsSuccess, started.Error?.ToString());
        return await _library.WaitAsync(started.Value.Id, null, Token);
    }

    private (ModelHost, ModelLibrary) Open()
    {
        var models = new DataModels(_data.Path);
        var host = new ModelHost(Options.Create(_options), models, TimeProvider.System, NullLogger<ModelHost>.Instance);
        return (host, new ModelLibrary(host, models, Options.Create(_options), TimeProvider.System, NullLogger<ModelLibrary>.Instance, null, _uses));
    }

    private sealed class NamedUses : IModelUses
    {
        public IReadOnlyList<ModelUsage> Found { get; set; } = [];

        public Task<IReadOnlyList<ModelUsage>> ListAsync(string model, CancellationToken cancellationToken) => Task.FromResult(Found);
    }
}
