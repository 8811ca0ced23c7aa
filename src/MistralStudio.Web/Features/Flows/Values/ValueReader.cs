using System.Text.Json;
using MistralStudio.Core.Blobs;
using MistralStudio.Core.Ids;

namespace MistralStudio.Web.Features.Flows.Values;

/// <summary>Reads a large value of a run a part at a time, as somebody looks at it. A text is read as its words, anything else as its JSON.</summary>
public sealed class ValueReader(IBlobStore blobs, WorkspaceId workspace, BlobReference blob)
{
    /// <summary>Bytes of a part.</summary>
    public const int PartBytes = 32 * 1024;

    // Of a text the longest unit that cannot be cut: an escaped pair, \ud83d\ude00.
    private const int LongestUnit = 12;

    private bool _isText;

    /// <summary>Bytes that were read so far.</summary>
    public long At { get; private set; }

    /// <summary>True where nothing is left to read.</summary>
    public bool IsAtEnd => At >= blob.Bytes;

    /// <summary>The next part; null where the value is not there any more.</summary>
    public async Task<string?> NextAsync(CancellationToken cancellationToken)
    {
        await using var content = await blobs.OpenAsync(workspace, blob.Sha256, cancellationToken);
        if (content is null)
        {
            return null;
        }

        await SkipAsync(content, At, cancellationToken);
        var buffer = new byte[PartBytes + 2];
        var read = await content.ReadAtLeastAsync(buffer.AsMemory(1, PartBytes), PartBytes, throwOnEndOfStream: false, cancellationToken);
        var part = buffer.AsMemory(1, read);
        var isFirst = At == 0;
        _isText = isFirst ? read > 0 && buffer[1] == '"' : _isText;
        var isLast = At + read >= blob.Bytes;
        var length = isLast ? read : _isText ? WholeUnits(part.Span, isFirst ? 1 : 0) : WholeLetters(part.Span);
        At += length;
        return _isText ? Unescape(buffer, length, isFirst, isLast) : System.Text.Encoding.UTF8.GetString(part.Span[..length]);
    }

    private static async Task SkipAsync(Stream content, long bytes, CancellationToken cancellationToken)
    {
        if (content.CanSeek)
        {
            content.Seek(bytes, SeekOrigin.Begin);
            return;
        }

        var buffer = new byte[PartBytes];
        while (bytes > 0 && await content.ReadAsync(buffer.AsMemory(0, (int)Math.Min(bytes, buffer.Length)), cancellationToken) is var read and > 0)
        {
            bytes -= read;
        }
    }

    // The part is a JSON string of its own once it has its quotes; the first and the last bring one along.
    private static string Unescape(byte[] buffer, int length, bool isFirst, bool isLast)
    {
        var (from, to) = (isFirst ? 1 : 0, isLast ? length : length + 1);
        buffer[from] = (byte)'"';
        buffer[to] = (byte)'"';
        return JsonSerializer.Deserialize<string>(buffer.AsSpan(from, to - from + 1))!;
    }

    private static int WholeLetters(ReadOnlySpan<byte> part)
    {
        var end = part.Length;
        while (end > 0 && (part[end - 1] & 0b1100_0000) == 0b1000_0000)
        {
            end--;
        }

        // What begins a letter of several bytes is cut off with what of it is there.
        return end > 0 && part[end - 1] >= 0b1100_0000 ? end - 1 : part.Length;
    }

    private static int WholeUnits(ReadOnlySpan<byte> part, int from)
    {
        var at = from;
        while (at < part.Length - LongestUnit)
        {
            at += part[at] != '\\' ? 1 : part[at + 1] != 'u' ? 2 : IsHighSurrogate(part[(at + 2)..]) ? 12 : 6;
        }

        while (at < part.Length && (part[at] & 0b1100_0000) == 0b1000_0000)
        {
            at++;
        }

        return at;
    }

    private static bool IsHighSurrogate(ReadOnlySpan<byte> digits) => digits[0] is (byte)'d' or (byte)'D' && digits[1] is (byte)'8' or (byte)'9' or (byte)'a' or (byte)'b' or (byte)'A' or (byte)'B';
}
