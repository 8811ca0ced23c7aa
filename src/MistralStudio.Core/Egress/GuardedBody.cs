namespace MistralStudio.Core.Egress;

/// <summary>A body under limits: bytes are counted, a read that takes too long ends, and a break says where it happened.</summary>
internal sealed class GuardedBody(
    HttpResponseMessage owner, Stream inner, HostAndPort place, EgressLimits limits, CancellationTokenSource total, TimeProvider time) : Stream
{
    private long _read;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => _read;
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        using var idle = new CancellationTokenSource(limits.IdleTimeout, time);
        using var any = CancellationTokenSource.CreateLinkedTokenSource(idle.Token, total.Token, cancellationToken);
        int count;
        try
        {
            count = await inner.ReadAsync(buffer, any.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new EgressException(EgressErrors.TimedOut(place, total.IsCancellationRequested ? limits.TotalTimeout : limits.IdleTimeout));
        }
        catch (Exception exception) when (exception is IOException or HttpRequestException)
        {
            throw new EgressException(EgressErrors.Broken(place), exception);
        }

        _read += count;
        return _read <= limits.MaxBytes ? count : throw new EgressException(EgressErrors.TooLarge(place, limits.MaxBytes));
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) =>
        throw new NotSupportedException("Read it asynchronously: its limits are held there.");

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
            owner.Dispose();
            total.Dispose();
        }

        base.Dispose(disposing);
    }
}
