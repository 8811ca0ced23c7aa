using System.Buffers.Binary;

namespace MistralStudio.Retrieval.Documents.Worker;

/// <summary>
/// The kinds of a frame. From the parent: a request, its document in pieces, and its end. From the child: progress, then a text or an error; of a
/// table its rows, while its content still comes, then its shape or an error.
/// </summary>
internal enum FrameKind : byte
{
    Request = (byte)'Q',
    Content = (byte)'C',
    End = (byte)'E',
    Progress = (byte)'P',
    Rows = (byte)'R',
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

    /// <summary>The same for a parser on its own thread.</summary>
    public static void Write(Stream to, FrameKind kind, ReadOnlySpan<byte> content)
    {
        Span<byte> head = stackalloc byte[HeadBytes];
        do
        {
            var piece = content[..Math.Min(content.Length, MaxFrame)];
            head[0] = (byte)kind;
            BinaryPrimitives.WriteInt32LittleEndian(head[1..], piece.Length);
            to.Write(head);
            to.Write(piece);
            content = content[piece.Length..];
        }
        while (content.Length > 0);

        to.Flush();
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

        var content = new byte[LengthOf(head)];
        return await from.ReadAtLeastAsync(content, content.Length, throwOnEndOfStream: false, cancellationToken) < content.Length ? null : ((FrameKind)head[0], content);
    }

    /// <summary>The same for a parser on its own thread.</summary>
    /// <exception cref="InvalidDataException">It is no frame.</exception>
    public static (FrameKind Kind, byte[] Content)? Read(Stream from)
    {
        Span<byte> head = stackalloc byte[HeadBytes];
        if (from.ReadAtLeast(head, HeadBytes, throwOnEndOfStream: false) < HeadBytes)
        {
            return null;
        }

        var content = new byte[LengthOf(head)];
        return from.ReadAtLeast(content, content.Length, throwOnEndOfStream: false) < content.Length ? null : ((FrameKind)head[0], content);
    }

    private static int LengthOf(ReadOnlySpan<byte> head)
    {
        var length = BinaryPrimitives.ReadInt32LittleEndian(head[1..]);
        return length is >= 0 and <= MaxFrame && Enum.IsDefined((FrameKind)head[0])
            ? length
            : throw new InvalidDataException("The other side of the pipe sent no frame.");
    }
}
