using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using MistralStudio.Core.Models;
using MistralStudio.Inference.Hosting;
using MistralStudio.Tests.Shared;

namespace MistralStudio.Inference.Tests.Hosting;

/// <summary>Both starter models under a budget that holds one of them.</summary>
public sealed class SharedMemoryTests : IAsyncDisposable
{
    private const string ChatId = "smollm2-135m-instruct";
    private const string EmbedderId = "all-minilm-l6-v2";

    private readonly TempFolder _folder = new();
    private ModelHost? _host;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task TheModelThatIsAskedFor_TakesThePlaceOfAnIdleOne_AndWaitsForARunningOne()
    {
        var host = Open(150 << 20);
        await EmbedAsync(host);
        Assert.Equal(ModelState.Ready, host.Find(EmbedderId)!.State);

        var client = host.Chat(ChatId).Value;
        Task? embedding = null;
        var written = 0;
        await foreach (var update in client.GetStreamingResponseAsync("Count to twenty.", new ChatOptions { MaxOutputTokens = 12 }, Token))
        {
            Assert.NotEqual(ModelState.Ready, host.Find(EmbedderId)!.State);
            embedding ??= EmbedAsync(host);
            written += update.Text.Length;
            Assert.False(embedding.IsCompleted);
        }

        Assert.True(written > 0);
        await embedding!;
        Assert.Equal((ModelState.OnDisk, ModelState.Ready), (host.Find(ChatId)!.State, host.Find(EmbedderId)!.State));
        Assert.Equal(0, host.Find(ChatId)!.MemoryBytes);
    }

    [Fact]
    public async Task AModelThatDoesNotFit_SaysSoWithFigures()
    {
        var host = Open(64 << 20);
        var refused = await host.LoadAsync(ChatId, Token);
        Assert.Equal("model.does_not_fit", refused.Error!.Code);
        Assert.Contains("models may take 64 MB together", refused.Error.Message, StringComparison.Ordinal);
        Assert.Equal(ModelState.Failed, host.Find(ChatId)!.State);
    }

    [Fact]
    public async Task AModelThatIsKeptWarm_IsNotUnloadedForAnother()
    {
        var host = Open(150 << 20, kept: EmbedderId);
        await EmbedAsync(host);
        Assert.Equal("model.does_not_fit", (await host.LoadAsync(ChatId, Token)).Error!.Code);
        Assert.Equal(ModelState.Ready, host.Find(EmbedderId)!.State);
    }

    [Fact]
    public async Task Memory_IsWhatConversationsFilled_NotWhatIsSetAsideForThem()
    {
        var host = Open(4L << 30, slots: 0, tokens: 0);
        var client = host.Chat(ChatId).Value;
        await client.GetResponseAsync("Hello", new ChatOptions { MaxOutputTokens = 2 }, Token);
        var one = host.Find(ChatId)!;
        // 8 conversations of 2,048 tokens would take 720 MB.
        Assert.InRange(one.MemoryBytes, one.FileBytes, one.FileBytes + (40 << 20));
    }

    public async ValueTask DisposeAsync()
    {
        await (_host?.DisposeAsync() ?? ValueTask.CompletedTask);
        _folder.Dispose();
    }

    private static Task EmbedAsync(ModelHost host) => host.Embedder(EmbedderId).Value.GenerateAsync(["A text."], cancellationToken: Token);

    private ModelHost Open(long memory, int slots = 1, int tokens = 512, string? kept = null)
    {
        var options = new InferenceOptions { MemoryBytes = memory, Slots = slots, SlotTokens = tokens, StarterModelsPath = SharedData.StarterModels };
        if (kept is not null)
        {
            options.KeepWarm.Add(kept);
        }

        return _host = new ModelHost(Options.Create(options), new DataModels(_folder.Path), TimeProvider.System, NullLogger<ModelHost>.Instance);
    }
}
