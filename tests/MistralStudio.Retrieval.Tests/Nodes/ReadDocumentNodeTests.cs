using System.Text;
using MistralStudio.Tests.Shared;
using MistralStudio.Tests.Shared.Rigs;

namespace MistralStudio.Retrieval.Tests.Nodes;

public sealed class ReadDocumentNodeTests : IDisposable
{
    private readonly RetrievalNodes _nodes = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task APdf_GivesItsTextAndItsPages()
    {
        var state = await RunAsync("report.pdf", TestPdf.Write("Net revenue was 31.4 billion.", "Costs fell by two percent."));

        Assert.Contains("31.4 billion", state.Outputs["text"].Text, StringComparison.Ordinal);
        var pages = state.Outputs["pages"].Json;
        Assert.Equal(2, pages.GetArrayLength());
        Assert.Contains("two percent", pages[1].GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AText_IsOnePage()
    {
        var state = await RunAsync("note.txt", "Hello there."u8.ToArray());
        Assert.Equal(("Hello there.", """["Hello there."]"""), (state.Outputs["text"].Text, state.Outputs["pages"].Text));
    }

    [Fact]
    public async Task AFileThatABaseHasToo_IsThatDocument()
    {
        var parent = await _nodes.BaseAsync();
        var content = "The price is five euros."u8.ToArray();
        var document = await _nodes.Room.IngestAsync(parent.Id, "a.txt", content);

        var state = await RunAsync("renamed.txt", content);

        Assert.Equal([document.Id], state.Outputs["text"].Sources);
        Assert.Equal([document.Id], state.Outputs["pages"].Sources);
    }

    [Theory]
    [InlineData("broken.pdf", "%PDF-1.7 and nothing else")]
    [InlineData("empty.txt", "")]
    [InlineData("blank.txt", "   ")]
    [InlineData("strange.bin", "\0\u0001\u0002\u0003\0\0")]
    public async Task AFileThatSaysNothing_FailsWithASentence_AndNothingElseDoes(string name, string content)
    {
        var state = await RunAsync(name, Encoding.UTF8.GetBytes(content));

        Assert.NotNull(state.Error);
        Assert.NotEqual("run.fault", state.Error.Code);
        Assert.NotEmpty(state.Error.Next);
        Assert.Equal("Hello.", (await RunAsync("fine.txt", "Hello."u8.ToArray())).Outputs["text"].Text);
    }

    [Fact]
    public async Task AFileThatIsNotHere_FailsByItsName()
    {
        var file = new { sha256 = new string('0', 64), name = "gone.pdf", bytes = 3, mediaType = "application/pdf" };
        var state = await _nodes.Rig.RunAsync(Flow, new { file });

        Assert.Equal("read_document.file_gone", state.Error!.Code);
        Assert.Contains("gone.pdf", state.Error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AFileOfAnotherWorkspace_IsNotHere()
    {
        using var content = new MemoryStream("Secret."u8.ToArray());
        var stored = (await _nodes.Room.Blobs.PutAsync(Core.Ids.WorkspaceId.New(), "other", content, 100, Token)).Value;

        var state = await _nodes.Rig.RunAsync(Flow, new { file = new { sha256 = stored.Sha256, name = "secret.txt" } });

        Assert.Equal("read_document.file_gone", state.Error!.Code);
    }

    public void Dispose() => _nodes.Dispose();

    private static string Flow => NodeRig.One("read-document", "{}", "file:file", "text pages");

    private async Task<Flows.Runs.RunState> RunAsync(string name, byte[] content)
    {
        using var stream = new MemoryStream(content);
        var stored = (await _nodes.Room.Blobs.PutAsync(_nodes.Room.Workspace, "test", stream, 1 << 20, Token)).Value;
        return await _nodes.Rig.RunAsync(Flow, new { file = new { sha256 = stored.Sha256, name, bytes = stored.Bytes, mediaType = "application/octet-stream" } });
    }
}
