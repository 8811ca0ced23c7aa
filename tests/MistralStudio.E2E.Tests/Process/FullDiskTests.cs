using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using MistralStudio.Tests.Shared;

namespace MistralStudio.E2E.Tests.Process;

/// <summary>A disk that fills up while the studio runs.</summary>
public sealed class FullDiskTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("studio-disk-").FullName;

    [Fact]
    public async Task AnUploadThatDoesNotFit_IsRefused_AndWhatWasThereStays()
    {
        using var disk = TemporaryMount.Tmpfs(_folder, "data", "size=24m");
        await using var studio = await StudioProcess.StartAsync(Path.Combine(_folder, "data"), null, StudioProcess.Owner);
        using var program = await studio.NewProgramAsync();
        var ingestion = await Ingestions.CreateAsync(program);
        using var refused = await ingestion.AddAsync(new byte[40 << 20]);
        Assert.Equal(HttpStatusCode.InsufficientStorage, refused.StatusCode);
        var problem = await refused.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
        Assert.Equal("storage.disk_full", problem.GetProperty("code").GetString());
        Assert.NotEqual("", problem.GetProperty("next").GetString());

        // The half that had arrived is gone again: there is room, and the base is there.
        Assert.Empty(Directory.GetFiles(Path.Combine(studio.DataPath, "blobs", "incoming")));
        using var fits = await ingestion.AddAsync(Ingestions.Document(3));
        Assert.Equal(HttpStatusCode.Accepted, fits.StatusCode);
        await studio.KillAsync();
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
