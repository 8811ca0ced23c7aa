using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using MistralStudio.Core.Models;
using MistralStudio.Inference.Hosting;
using MistralStudio.Tests.Shared;

namespace MistralStudio.Inference.Tests.Hosting;

public sealed class LoadPatienceTests
{
    [Fact]
    public async Task ARequest_WaitsAMinuteForItsModel_ThenSaysWhenToComeBack()
    {
        var time = new FakeTimeProvider();
        await using var host = new ModelHost(Options.Create(new InferenceOptions()), new DataModels(Path.GetTempPath()), time, NullLogger<ModelHost>.Instance);
        using var entry = new InstalledModelEntry(
            new ModelFolder(Path.Combine(SharedData.StarterModels, "slow"), "slow.gguf", ModelTask.Chat, IsStarter: false),
            new InstalledModel { Id = "slow", Name = "slow", Task = ModelTask.Chat, State = ModelState.Loading });
        await entry.Gate.WaitAsync(TestContext.Current.CancellationToken);
        var use = host.UseAsync(entry, TestContext.Current.CancellationToken).AsTask();
        time.Advance(TimeSpan.FromSeconds(59));
        Assert.False(use.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(1));
        var failure = await Assert.ThrowsAsync<ModelException>(() => use);
        Assert.Equal(("model.loading", TimeSpan.FromSeconds(10)), (failure.Error.Code, failure.RetryAfter));
        Assert.Equal(0, entry.Uses);
    }
}
