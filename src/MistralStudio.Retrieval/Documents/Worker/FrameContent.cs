namespace MistralStudio.Retrieval.Documents.Worker;

/// <summary>The content of a request as a stream, read while its frames come.</summary>
internal sealed class FrameContent(Stream input) : Stream
{
    private byte[] _piece = [];
    private int _at;
    private bool _ended;

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Reads the frames that are left, so that the next one is a request.</summary>
    public void Drain()
    {
        while (!_ended)
        {
            Next();
        }
    }

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        while (_at == _piece.Length && !_ended)
        {
            Next();
        }

        var length = Math.Min(buffer.Length, _piece.Length - _at);
        _piece.AsSpan(_at, length).CopyTo(buffer);
        _at += length;
        return length;
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private void Next()
    {
        var (kind, piece) = Frames.Read(input) ?? (FrameKind.End, []);
        (_piece, _at) = (kind == FrameKind.End ? [] : piece, 0);
        _ended = kind == FrameKind.End;
    }
}
