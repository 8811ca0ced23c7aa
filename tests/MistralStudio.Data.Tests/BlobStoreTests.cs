using System.Security.Cryptography;
using MistralStudio.Core.Blobs;
using MistralStudio.Core.Ids;

namespace MistralStudio.Data.Tests;

public abstract class BlobStoreTests(DataFixture data)
{
    private readonly IBlobStore _blobs = data.Get<IBlobStore>();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private WorkspaceId Workspace => data.Owner.Workspace;

    private IEnumerable<string> Files => Directory.Exists(Path.Combine(data.Folder, "blobs"))
        ? Directory.EnumerateFiles(Path.Combine(data.Folder, "blobs"), "*", SearchOption.AllDirectories)
        : [];

    [Fact]
    public async Task Put_KeepsTheBytesUnderTheirHash_InTheirWorkspaceOnly()
    {
        var bytes = RandomNumberGenerator.GetBytes(300_000);
        var blob = (await PutAsync("document/1", bytes)).Value;
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(bytes)), blob.Sha256);
        Assert.Equal(bytes.Length, blob.Bytes);
        Assert.Equal(bytes, await ReadAsync(blob));
        Assert.Null(await _blobs.OpenAsync(DataFixture.Elsewhere(), blob.Sha256, Token));
        Assert.Null(await _blobs.OpenAsync(Workspace, "../../studio.db", Token));
    }

    [Fact]
    public async Task AFile_GoesWithItsLastReference()
    {
        var bytes = RandomNumberGenerator.GetBytes(1000);
        var blob = (await PutAsync("document/1", bytes)).Value;
        await PutAsync("document/1", bytes);
        await PutAsync("document/2", bytes);
        await _blobs.ReleaseAsync(Workspace, blob.Sha256, "document/1", Token);
        Assert.Equal(bytes, await ReadAsync(blob));
        await _blobs.ReleaseAsync(Workspace, blob.Sha256, "document/2", Token);
        Assert.Null(await _blobs.OpenAsync(Workspace, blob.Sha256, Token));
        Assert.DoesNotContain(Files, file => file.EndsWith(blob.Sha256, StringComparison.Ordinal));
        await _blobs.ReleaseAsync(Workspace, blob.Sha256, "document/2", Token);
    }

    [Fact]
    public async Task AFileOverTheLimit_IsRefused_AndLeavesNothing()
    {
        var bytes = RandomNumberGenerator.GetBytes(1001);
        using var content = new MemoryStream(bytes);
        var put = await _blobs.PutAsync(Workspace, "document/1", content, 1000, Token);
        Assert.Equal("blob.too_large", put.Error?.Code);
        Assert.DoesNotContain(Files, file => file.Contains("incoming", StringComparison.Ordinal) || file.EndsWith(Hash(bytes), StringComparison.Ordinal));
    }

    [Fact]
    public async Task AnUploadThatBreaksOff_LeavesNothing()
    {
        using var content = new BrokenStream();
        await Assert.ThrowsAsync<IOException>(() => _blobs.PutAsync(Workspace, "document/1", content, 1000, Token));
        Assert.DoesNotContain(Files, file => file.Contains("incoming", StringComparison.Ordinal));
    }

    [Fact]
    public async Task PutAndRelease_OfTheSameBytesAtOnce_NeverLoseAFileThatIsReferenced()
    {
        var bytes = RandomNumberGenerator.GetBytes(2000);
        await Parallel.ForEachAsync(Enumerable.Range(0, 6), Token, async (worker, cancellationToken) =>
        {
            for (var round = 0; round < 12; round++)
            {
                var blob = (await PutAsync($"document/{worker}", bytes)).Value;
                Assert.Equal(bytes, await ReadAsync(blob));
                await _blobs.ReleaseAsync(Workspace, blob.Sha256, $"document/{worker}", cancellationToken);
            }
        });
        Assert.DoesNotContain(Files, file => file.EndsWith(Hash(bytes), StringComparison.Ordinal));
    }

    private static string Hash(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private async Task<Core.Result<BlobReference>> PutAsync(string owner, byte[] bytes)
    {
        using var content = new MemoryStream(bytes);
        return await _blobs.PutAsync(Workspace, owner, content, 1_000_000, Token);
    }

    private async Task<byte[]> ReadAsync(BlobReference blob)
    {
        await using var stream = await _blobs.OpenAsync(Workspace, blob.Sha256, Token) ?? throw new InvalidOperationException("The file is gone.");
        using var read = new MemoryStream();
        await stream.CopyToAsync(read, Token);
        return read.ToArray();
    }

    private sealed class BrokenStream : MemoryStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            throw new IOException("The connection was reset.");
    }

    public sealed class OnSqlite(SqliteData data) : BlobStoreTests(data), IClassFixture<SqliteData>;

    public sealed class OnPostgres(PostgresData data) : BlobStoreTests(data.OrSkip()), IClassFixture<PostgresData>;
}
