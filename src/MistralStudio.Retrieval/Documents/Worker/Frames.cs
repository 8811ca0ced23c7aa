using System.Buffers.Binary;

namespace MistralStudio.Retrieval.Documents.Worker;

/// <summary>The kinds of a frame. From the parent: a request, its document in pieces, and its end. From the child: progress, then a text or an error.</summary>
internal enum FrameKind : byte
{
    Request = (byte)'Q',
    Content = (byte)'C',
    End = (byte)'E',
    Progress = (byte)'P',
    Text = (byte)'T',
    Error = (byte)'X',
}

/// <summary>
/// What parent and child say to each other over a pipe: <c>[kind: 1 byte][length: 4 bytes, little endian][that many bytes]</c>. A text comes in
/// pieces, and ends with <see cref="FrameKind.End"/>.
/// </summary>
internal static class Frames
{
    /// <summary>Most bytes in one frame; a longer one means that the other side is out of its mind.</summary>
    public const int MaxFrame = 1 << 20;

    private const int HeadBytes = 5;

    /// <summary>Writes pieces of at most <see cref="MaxFrame"/>; one empty frame for nothing.</summary>
    public static async Task WriteAsync(Stream to, FrameKind kind, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        do
        {
            var piece = content[..Math.Min(content.Length, MaxFrame)];
            var head = new byte[HeadBytes];
            head[0] = (byte)kind;
            BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(1), piece.Length);
            await to.WriteAsync(head, cancellationToken);
            await to.WriteAsync(piece, cancellationToken);
            content = content[piece.Length..];
        }
        while (content.Length > 0);

        await to.FlushAsync(cancellationToken);
    }

    /// <summary>The next frame; null where the other side is gone.</summary>
    /// <exception cref="InvalidDataException">It is no frame.</exception>
    public static async Task<(FrameKind Kind, byte[] Content)?> ReadAsync(Stream from, CancellationToken cancellationToken)
    {
        var head = new byte[HeadBytes];
        if (await from.ReadAtLeastAsync(head, HeadBytes, throwOnEndOfStream: false, cancellationToken) < HeadBytes)
        {
            return null;
        }

        var length = BinaryPrimitives.ReadInt32LittleEndian(head.AsSpan(1));
        if (length is < 0 or > MaxFrame || !Enum.IsDefined((FrameKind)head[0]))
        {
            throw new InvalidDataException("The other side of the pipe sent no frame.");
        }

        var content = new byte[length];
        return await from.ReadAtLeastAsync(content, length, throwOnEndOfStream: false, cancellationToken) < length ? null : ((FrameKind)head[0], content);
    }
}
