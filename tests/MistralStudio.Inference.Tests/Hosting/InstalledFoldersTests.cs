using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using MistralStudio.Core.Models;
using MistralStudio.Inference.Hosting;
using MistralStudio.Tests.Shared;

namespace MistralStudio.Inference.Tests.Hosting;

/// <summary>Models come and go while the process runs, put there by whomever.</summary>
public sealed class InstalledFoldersTests : IAsyncDisposable
{
    private readonly TempFolder _folder = new();
    private readonly ModelHost _host;

    public InstalledFoldersTests() => _host = new ModelHost(
        Options.Create(new InferenceOptions { StarterModelsPath = _folder.File("none") }), new DataModels(_folder.Path), TimeProvider.System, NullLogger<ModelHost>.Instance);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task AModelThatArrives_IsFound_Answers_AndIsGoneWithItsFolder()
    {
        Assert.Null(_host.Find("tiny"));
        Put("tiny", TinyModel.ToArray());
        Assert.Equal(("Tiny Llama", ModelState.OnDisk, "Apache-2.0"), (_host.Find("tiny")!.Name, _host.Find("tiny")!.State, _host.Find("tiny")!.Licence));
        var answer = await _host.Chat("tiny").Value.GetResponseAsync("Hi", new ChatOptions { MaxOutputTokens = 4 }, Token);
        Assert.InRange(answer.Usage!.OutputTokenCount!.Value, 1, 4);
        Directory.Delete(_folder.File("tiny"), recursive: true);
        await UntilAsync(() => _host.List().Count == 0);
        Assert.Equal("model.not_found", _host.Chat("tiny").Error!.Code);
    }

    [Fact]
    public async Task AFileThatIsStillBeingCopied_IsReadAgain_WhenItIsWhole()
    {
        var whole = TinyModel.ToArray();
        Put("tiny", whole[..^1000]);
        Assert.Equal(ModelState.Failed, _host.Find("tiny")!.State);
        Put("tiny", whole);
        await UntilAsync(() => _host.Find("tiny")!.State == ModelState.OnDisk);
    }

    [Fact]
    public async Task AWithdrawnModel_IsOffTheList_UnlessItsFilesStay()
    {
        Put("tiny", TinyModel.ToArray());
        Assert.Equal("no", (await _host.WithdrawAsync("tiny", _ => new("no", "No.", ""), Token)).Error!.Code);
        Assert.NotNull(_host.Find("tiny"));
        Assert.True((await _host.WithdrawAsync("tiny", folder => Delete(folder.Path), Token)).IsSuccess);
        Assert.Null(_host.Find("tiny"));
    }

    [Fact]
    public async Task AModelInUse_IsNotWithdrawn()
    {
        Put("tiny", TinyModel.ToArray());
        await using var answer = _host.Chat("tiny").Value.GetStreamingResponseAsync("Hi", new ChatOptions { MaxOutputTokens = 200 }, Token).GetAsyncEnumerator(Token);
        Assert.True(await answer.MoveNextAsync());
        Assert.Equal("model.in_use", (await _host.WithdrawAsync("tiny", folder => Delete(folder.Path), Token)).Error!.Code);
        Assert.True(Directory.Exists(_folder.File("tiny")));
    }

    [Fact]
    public async Task AnAnswerThatNobodyReadsAnyMore_Ends_AndLeavesTheModelToOthers()
    {
        Put("tiny", TinyModel.ToArray());
        var chat = _host.Chat("tiny").Value;
        ChatOptions Tokens(int count) => new() { MaxOutputTokens = count, AdditionalProperties = new() { [ChatOptionKeys.IgnoreEos] = true } };
        await foreach (var _ in chat.GetStreamingResponseAsync("Hi", Tokens(900), Token))
        {
            break;
        }

        await foreach (var update in chat.GetStreamingResponseAsync("Hi", Tokens(100), Token))
        {
            if (update.AdditionalProperties?.GetValueOrDefault(GenerationTimings.Key) is GenerationTimings timings)
            {
                Assert.InRange(timings.MeanRows, 1, 1.5);
            }
        }

        Assert.Equal(0, _host.Find("tiny")!.ActiveRequests);
    }

    private static Core.Error? Delete(string path)
    {
        Directory.Delete(path, recursive: true);
        return null;
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (!condition())
        {
            await timer.WaitForNextTickAsync(Token);
        }
    }

    private void Put(string id, byte[] bytes)
    {
        Directory.CreateDirectory(_folder.File(id));
        File.WriteAllBytes(Path.Combine(_folder.File(id), "tiny.gguf"), bytes);
    }
}
