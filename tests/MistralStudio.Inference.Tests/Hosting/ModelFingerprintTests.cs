using Microsoft.Extensions.Time.Testing;
using MistralStudio.Core.Models;
using MistralStudio.Inference.Hosting;

namespace MistralStudio.Inference.Tests.Hosting;

public sealed class ModelFingerprintTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("fingerprint-").FullName;

    private readonly FakeTimeProvider _time = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private ModelFolder Folder => new(_folder, Path.Combine(_folder, "model.safetensors"), ModelTask.Embedding, false);

    [Fact]
    public async Task AModel_IsTheSame_UntilItsWeightsOrItsTokenizerAreOthers()
    {
        await WriteAsync("model.safetensors", "weights");
        await WriteAsync("tokenizer.json", "words");
        var prints = new ModelFingerprints(_time);
        var first = await prints.OfAsync(Folder, Token);
        Assert.Matches("^[0-9a-f]{64}$", first);

        // What is said about it changes nothing that it does.
        await WriteAsync("studio.json", "{}");
        await WriteAsync("LICENSE", "free");
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(first, await prints.OfAsync(Folder, Token));
        Assert.Equal(first, await new ModelFingerprints(_time).OfAsync(Folder, Token));

        // Of the same length, under the same name, while the process runs.
        await WriteAsync("model.safetensors", "WEIGHTS");
        Assert.Equal(first, await prints.OfAsync(Folder, Token));
        _time.Advance(TimeSpan.FromSeconds(1));
        var second = await prints.OfAsync(Folder, Token);
        Assert.NotEqual(first, second);
        await WriteAsync("tokenizer.json", "other words");
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.NotEqual(second, await prints.OfAsync(Folder, Token));
    }

    [Fact]
    public async Task AModelThatIsGone_HasNone() => Assert.Equal("", await new ModelFingerprints(_time).OfAsync(Folder, Token));

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private async Task WriteAsync(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        var was = File.Exists(path) ? File.GetLastWriteTimeUtc(path) : DateTime.UnixEpoch;
        await File.WriteAllTextAsync(path, text, Token);
        // Clocks of file systems may be coarse; a test is faster.
        File.SetLastWriteTimeUtc(path, was.AddSeconds(1));
    }
}
