using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging.Abstractions;
using MistralStudio.Core.Models;
using MistralStudio.Inference.Hosting;
using MistralStudio.Tests.Shared;

namespace MistralStudio.Inference.Tests.Hosting;

/// <summary>What a model's client gives beside words, whoever asks: the API has a check of its own before it.</summary>
public sealed class ChatClientTests : IDisposable
{
    private readonly TempFolder _folder = new();

    [Theory]
    [InlineData(null, 1)]
    [InlineData(0, 1)]
    [InlineData(-3, 1)]
    [InlineData(1, 1)]
    [InlineData(ChatAbilities.MostChoices, ChatAbilities.MostChoices)]
    public async Task Answers_AreAsManyAsAreAskedFor_AndAtLeastOne(int? asked, int given)
    {
        await using var host = Open();

        var finished = 0;
        await foreach (var update in host.Chat("tiny").Value.GetStreamingResponseAsync("Hello", Options(asked), TestContext.Current.CancellationToken))
        {
            finished += update.FinishReason is null ? 0 : 1;
        }

        Assert.Equal(given, finished);
    }

    [Theory]
    [InlineData(ChatAbilities.MostChoices + 1)]
    [InlineData(int.MaxValue)]
    public async Task MoreAnswersThanItGives_AreRefused_BeforeAnythingIsComputed(int asked)
    {
        await using var host = Open();

        var refusal = await Assert.ThrowsAsync<ModelException>(
            () => host.Chat("tiny").Value.GetResponseAsync("Hello", Options(asked), TestContext.Current.CancellationToken));

        Assert.Equal(ModelErrors.TooManyAnswers(asked, ChatAbilities.MostChoices), refusal.Error);
        Assert.Equal(0, host.Find("tiny")!.ActiveRequests);
    }

    [Fact]
    public async Task Words_SayHowManyTokensThereWere_ForWhoeverStops()
    {
        await using var host = Open();
        List<GenerationProgress> told = [];
        UsageDetails? usage = null;
        var options = new ChatOptions { MaxOutputTokens = 12, IgnoreEos = true, Seed = 5 };
        await foreach (var update in host.Chat("tiny").Value.GetStreamingResponseAsync("Hello", options, TestContext.Current.CancellationToken))
        {
            Assert.Equal(update.Text.Length > 0 && update.FinishReason is null, update.Progress is not null);
            told.AddRange(update.Progress is { } progress ? [progress] : []);
            usage ??= update.Contents.OfType<UsageContent>().FirstOrDefault()?.Details;
        }

        Assert.NotEmpty(told);
        Assert.All(told, progress => Assert.Equal(usage!.InputTokenCount, progress.InputTokens));
        Assert.Equal(told.Select(progress => progress.OutputTokens).Order(), told.Select(progress => progress.OutputTokens));
        Assert.InRange(told[0].OutputTokens, 1, 12);
        Assert.All(told, progress => Assert.True(progress.Timings is { PrefillMs: > 0, DecodeMs: >= 0 }));
    }

    public void Dispose() => _folder.Dispose();

    private static ChatOptions Options(int? answers) => new() { MaxOutputTokens = 3, N = answers, IgnoreEos = true };

    private ModelHost Open()
    {
        var models = new DataModels(_folder.Path);
        Directory.CreateDirectory(Path.Combine(models.Path, "tiny"));
        File.WriteAllBytes(Path.Combine(models.Path, "tiny", "tiny.gguf"), TinyModel.ToArray());
        var options = new InferenceOptions { Slots = 4, SlotTokens = 256, Threads = 1, Accelerator = "cpu", StarterModelsPath = _folder.File("none") };
        return new ModelHost(Microsoft.Extensions.Options.Options.Create(options), models, TimeProvider.System, NullLogger<ModelHost>.Instance);
    }
}
