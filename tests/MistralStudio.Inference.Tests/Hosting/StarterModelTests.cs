using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using MistralStudio.Core.Models;

namespace MistralStudio.Inference.Tests.Hosting;

public sealed class StarterModelTests(StarterModels starters) : IClassFixture<StarterModels>
{
    private const string ChatId = "smollm2-135m-instruct";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void TheStarters_AreInstalled_AndSayWhatTheyAre()
    {
        var chat = starters.Models.Find(ChatId)!;
        Assert.Equal((ModelTask.Chat, true, "llama", "Apache-2.0"), (chat.Task, chat.IsStarter, chat.Architecture, chat.Licence));
        // By the machine's memory, at most what it was trained on.
        Assert.InRange(chat.ContextLength, 2048, 8192);
        Assert.InRange(chat.Parameters, 130_000_000, 140_000_000);
        var embedder = starters.Models.Find("all-minilm-l6-v2")!;
        Assert.Equal((ModelTask.Embedding, 384, 256), (embedder.Task, embedder.Dimensions, embedder.ContextLength));
    }

    [Fact]
    public async Task AQuestion_IsAnswered_TokenByToken_WithUsageAndTimings()
    {
        var updates = await AskAsync("What is the capital of France?", new ChatOptions { Temperature = 0, MaxOutputTokens = 24 });
        TestContext.Current.TestOutputHelper?.WriteLine(string.Concat(updates));
        Assert.True(updates.Count > 3);
        var last = updates[^1];
        var usage = Assert.Single(last.Contents.OfType<UsageContent>()).Details;
        Assert.InRange(usage.OutputTokenCount!.Value, 1, 24);
        Assert.True(usage.InputTokenCount > 10);
        var timings = Assert.IsType<GenerationTimings>(last.AdditionalProperties![GenerationTimings.Key]);
        Assert.True(timings.PrefillMs > 0);
        Assert.NotNull(last.FinishReason);
    }

    [Fact]
    public async Task TheSameSeed_GivesTheSameText_AloneAndBesideOthers()
    {
        var options = new ChatOptions { Temperature = 0.9f, Seed = 7, MaxOutputTokens = 32 };
        var alone = string.Concat(await AskAsync("Write a sentence about rivers.", options));
        var others = Enumerable.Range(0, 3).Select(i => AskAsync($"Count to {i + 10}.", new ChatOptions { MaxOutputTokens = 60, Seed = i })).ToList();
        var beside = string.Concat(await AskAsync("Write a sentence about rivers.", options));
        await Task.WhenAll(others);
        Assert.Equal(alone, beside);
    }

    [Fact]
    public async Task Stopping_EndsTheAnswer_AndTheModelIsFree()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var _ in Client().GetStreamingResponseAsync("Tell a very long story.", new ChatOptions { MaxOutputTokens = 1000 }, stop.Token))
            {
                await stop.CancelAsync();
            }
        });

        // The first may come into the step that was under way at the stop; the second comes into a later one.
        await AskAsync("Hello", new ChatOptions { MaxOutputTokens = 1 });
        await AskAsync("Hello", new ChatOptions { MaxOutputTokens = 1 });
        Assert.Equal(0, starters.Models.Find(ChatId)!.ActiveRequests);
    }

    [Fact]
    public async Task APromptThatDoesNotFit_IsRefusedWithItsLength()
    {
        var refused = await Assert.ThrowsAsync<ModelException>(() => AskAsync(new string('x', 100_000), new ChatOptions()));
        Assert.Equal("model.prompt_too_long", refused.Error.Code);
    }

    [Fact]
    public async Task ASecondTurn_ReusesTheFirst()
    {
        List<ChatMessage> messages = [new(ChatRole.System, "You are brief. " + string.Join(' ', Enumerable.Repeat("Be kind and precise.", 20))), new(ChatRole.User, "Hi")];
        await Client().GetResponseAsync(messages, new ChatOptions { MaxOutputTokens = 4, Temperature = 0 }, Token);
        messages.Add(new(ChatRole.Assistant, "Hello."));
        messages.Add(new(ChatRole.User, "And now?"));
        var second = await Client().GetResponseAsync(messages, new ChatOptions { MaxOutputTokens = 4, Temperature = 0 }, Token);
        Assert.True(second.Usage!.CachedInputTokenCount > 50);
    }

    [Fact]
    public void UnknownAndWrongModels_AreRefusedByName()
    {
        Assert.Contains(ChatId, starters.Models.Chat("gpt-9").Error!.Next, StringComparison.Ordinal);
        Assert.Equal("model.wrong_task", starters.Models.Chat("all-minilm-l6-v2").Error!.Code);
        Assert.Equal("model.wrong_task", starters.Models.Embedder(ChatId).Error!.Code);
    }

    private IChatClient Client() => starters.Models.Chat(ChatId).Value;

    private async Task<List<ChatResponseUpdate>> AskAsync(string question, ChatOptions options)
    {
        var updates = new List<ChatResponseUpdate>();
        await foreach (var update in Client().GetStreamingResponseAsync(question, options, Token))
        {
            updates.Add(update);
        }

        return updates;
    }
}

/// <summary>The starter models, loaded once.</summary>
public sealed class StarterModels : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("studio-models-").FullName;
    private readonly ServiceProvider _services;

    public StarterModels()
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddInference(_folder, options => options.StarterModelsPath = MistralStudio.Tests.Shared.SharedData.StarterModels);
        _services = services.BuildServiceProvider();
    }

    public IModelHost Models => _services.GetRequiredService<IModelHost>();

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
