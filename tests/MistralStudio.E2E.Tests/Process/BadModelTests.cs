using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using MistralStudio.Tests.Shared;

namespace MistralStudio.E2E.Tests.Process;

/// <summary>Model files that are not what they should be, and models that are not there.</summary>
public sealed class BadModelTests : IDisposable
{
    private const string ChatId = "smollm2-135m-instruct";

    private readonly string _models = Directory.CreateTempSubdirectory("studio-models-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ADamagedModelFile_IsNotUsed_AndSaysWhatToDo(bool cutShort)
    {
        var weights = CopyStarters();
        await using (var file = new FileStream(weights, FileMode.Open, FileAccess.ReadWrite))
        {
            if (cutShort)
            {
                file.SetLength(file.Length - 1000);
            }
            else
            {
                file.Seek(-1, SeekOrigin.End);
                var last = file.ReadByte();
                file.Seek(-1, SeekOrigin.End);
                file.WriteByte((byte)~last);
            }
        }

        await using var studio = await StudioProcess.StartAsync(null, null, [.. StudioProcess.Owner, ("Inference__StarterModelsPath", _models)]);
        using var program = await studio.NewProgramAsync();
        var (status, error) = await AskAsync(program, ChatId);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
        Assert.Equal("model.wrong_checksum", error.GetProperty("code").GetString());
        Assert.Contains("is damaged", error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Contains("Restore the file", error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Matches(@"\[ERR\] [0-9a-f]{32} ", Assert.Single(studio.Log(), line => line.Contains("is damaged", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task AnUnknownModel_IsRefused_WithThoseThatAreThere()
    {
        await using var studio = await StudioProcess.StartAsync(null, null, StudioProcess.Owner);
        using var program = await studio.NewProgramAsync();
        var (status, error) = await AskAsync(program, "gpt-9");
        Assert.Equal(HttpStatusCode.NotFound, status);
        Assert.Contains("There is no model \"gpt-9\" here.", error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Contains(ChatId, error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_models, recursive: true);

    private static async Task<(HttpStatusCode Status, JsonElement Error)> AskAsync(HttpClient program, string model)
    {
        using var answer = await program.PostAsJsonAsync("/v1/chat/completions", new { model, messages = new[] { new { role = "user", content = "Hi" } } }, Token);
        return (answer.StatusCode, (await answer.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("error"));
    }

    private string CopyStarters()
    {
        File.Copy(Path.Combine(SharedData.StarterModels, "SHA256SUMS"), Path.Combine(_models, "SHA256SUMS"));
        var folder = Directory.CreateDirectory(Path.Combine(_models, ChatId)).FullName;
        foreach (var file in Directory.GetFiles(Path.Combine(SharedData.StarterModels, ChatId)))
        {
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        }

        return Directory.GetFiles(folder, "*.gguf").Single();
    }
}
