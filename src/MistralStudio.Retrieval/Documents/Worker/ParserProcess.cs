using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;
using MistralStudio.Core;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Tables;
using MistralStudio.Retrieval.Tables;

namespace MistralStudio.Retrieval.Documents.Worker;

/// <summary>One child, seen from its parent. It reads one document at a time; one that oversteps a limit is ended and not used again.</summary>
internal sealed class ParserProcess : IDisposable
{
    private static readonly TimeSpan s_memoryWatch = TimeSpan.FromMilliseconds(100);

    // A child that does not hear its own deadline gets this much longer.
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(5);

    private readonly Process _process;
    private readonly long _memory;

    private ParserProcess(Process process, long memory) => (_process, _memory) = (process, memory);

    /// <summary>Documents that it has read.</summary>
    public int Served { get; private set; }

    /// <summary>False once it was ended or ended itself.</summary>
    public bool IsAlive { get; private set; } = true;

    /// <summary>When it was last used: the timestamp of the pool's clock.</summary>
    public long IdleSince { get; set; }

    /// <summary>Its process id.</summary>
    public int Id => _process.Id;

    /// <summary>Starts a child; null where the system cannot.</summary>
    public static ParserProcess? Start(ParserLaunch launch, long memory)
    {
        try
        {
            if (Process.Start(launch.Describe(memory)) is not { } process)
            {
                return null;
            }

            process.ErrorDataReceived += (_, _) => { };
            process.BeginErrorReadLine();
            Soften(process);
            return new(process, memory);
        }
        catch (Win32Exception)
        {
            return null;
        }
    }

    /// <summary>Reads a document; a null result means that the child is gone, for no reason that a limit explains.</summary>
    public Task<Result<ExtractedText>?> ReadAsync(byte[] content, string name, ParseLimits limits, Action<double> progress, CancellationToken cancellationToken) => ExchangeAsync(
        token => SendAsync(new ParseRequest(name, content.Length, limits), to => Frames.WriteAsync(to, FrameKind.Content, content, token), token),
        token => ReceiveAsync(limits, progress, token),
        limits, cancellationToken);

    /// <summary>Reads a table, whose rows are written while its content is still sent; null as for a document.</summary>
    public Task<Result<TableShape>?> ReadTableAsync(Stream content, string name, TableRequest table, ParseLimits limits, Stream rows, CancellationToken cancellationToken) => ExchangeAsync(
        token => SendAsync(new ParseRequest(name, 0, limits, table), to => SendPiecesAsync(content, to, token), token),
        token => ReceiveRowsAsync(rows, token),
        limits, cancellationToken);

    private async Task<Result<T>?> ExchangeAsync<T>(
        Func<CancellationToken, Task> send, Func<CancellationToken, Task<Result<T>?>> receive, ParseLimits limits, CancellationToken cancellationToken)
    {
        Served++;
        using var deadline = new CancellationTokenSource(TimeSpan.FromMilliseconds(limits.MillisecondsLeft) + s_grace);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        var tooMuchMemory = false;
        using var watch = new Timer(
            _ =>
            {
                if (MemoryInUse() > _memory)
                {
                    tooMuchMemory = true;
                    End();
                }
            },
            null, s_memoryWatch, s_memoryWatch);
        try
        {
            var sending = send(stop.Token);
            var result = await receive(stop.Token);
            if (result is { IsSuccess: false, Error.Code: "document.too_much_memory" } or null)
            {
                End();
            }

            await sending;
            return result ?? Explain();
        }
        catch (OperationCanceledException)
        {
            // It is in the middle of a document that nobody wants any more.
            End();
            cancellationToken.ThrowIfCancellationRequested();
            return DocumentErrors.TookTooLong(TimeSpan.FromMilliseconds(limits.MillisecondsLeft));
        }
        catch (DiskException)
        {
            End();
            throw;
        }
        catch (Exception broken) when (broken is IOException or InvalidDataException or JsonException)
        {
            End();
            return Explain();
        }

        Result<T>? Explain()
        {
            if (tooMuchMemory)
            {
                return DocumentErrors.TooMuchMemory(_memory);
            }

            return null;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        End();
        _process.Dispose();
    }

    private static void Soften(Process process)
    {
        try
        {
            // Answers come first.
            process.PriorityClass = ProcessPriorityClass.BelowNormal;
        }
        catch (Exception refused) when (refused is Win32Exception or InvalidOperationException)
        {
            // then it runs like any other
        }
    }

    private async Task SendAsync(ParseRequest asked, Func<Stream, Task> sendContent, CancellationToken cancellationToken)
    {
        var to = _process.StandardInput.BaseStream;
        try
        {
            await Frames.WriteAsync(to, FrameKind.Request, JsonSerializer.SerializeToUtf8Bytes(asked, WorkerJson.Default.ParseRequest), cancellationToken);
            await sendContent(to);
            await Frames.WriteAsync(to, FrameKind.End, default, cancellationToken);
        }
        catch (IOException)
        {
            // The other end is closed: what it said before tells why.
        }
    }

    private static async Task SendPiecesAsync(Stream content, Stream to, CancellationToken cancellationToken)
    {
        var buffer = new byte[128 * 1024];
        for (int read; (read = await content.ReadAsync(buffer, cancellationToken)) > 0;)
        {
            await Frames.WriteAsync(to, FrameKind.Content, buffer.AsMemory(0, read), cancellationToken);
        }
    }

    private async Task<Result<TableShape>?> ReceiveRowsAsync(Stream rows, CancellationToken cancellationToken)
    {
        var from = _process.StandardOutput.BaseStream;
        byte[] shape = [];
        while (await Frames.ReadAsync(from, cancellationToken) is var (kind, piece))
        {
            switch (kind)
            {
                case FrameKind.Rows:
                    await DiskException.GuardAsync(() => rows.WriteAsync(piece, cancellationToken));
                    break;
                case FrameKind.Text:
                    // A thousand names of columns at most.
                    shape = [.. shape, .. piece];
                    break;
                case FrameKind.End:
                    return JsonSerializer.Deserialize(shape, WorkerJson.Default.TableShape)!;
                case FrameKind.Error:
                    return JsonSerializer.Deserialize(piece, WorkerJson.Default.Error)!;
                default:
                    throw new InvalidDataException($"A child sent a frame {kind}, which does not belong to a table.");
            }
        }

        return null;
    }

    private async Task<Result<ExtractedText>?> ReceiveAsync(ParseLimits limits, Action<double> progress, CancellationToken cancellationToken)
    {
        // Six bytes for a character at the worst, and as much again for its blocks.
        var most = (limits.MaxCharacters * 12L) + (1 << 20);
        var from = _process.StandardOutput.BaseStream;
        using var text = new MemoryStream();
        while (await Frames.ReadAsync(from, cancellationToken) is var (kind, piece))
        {
            switch (kind)
            {
                case FrameKind.Progress when piece.Length == sizeof(double):
                    progress(Math.Clamp(BitConverter.ToDouble(piece), 0, 1));
                    break;
                case FrameKind.Text when text.Length + piece.Length <= most:
                    text.Write(piece);
                    break;
                case FrameKind.Text:
                    End();
                    return DocumentErrors.TooMuchText(limits.MaxCharacters);
                case FrameKind.End:
                    return JsonSerializer.Deserialize(text.GetBuffer().AsSpan(0, (int)text.Length), WorkerJson.Default.ExtractedText)!;
                case FrameKind.Error:
                    return JsonSerializer.Deserialize(piece, WorkerJson.Default.Error)!;
                default:
                    throw new InvalidDataException($"A child sent a frame {kind}, which only its parent sends.");
            }
        }

        return null;
    }

    private long MemoryInUse()
    {
        try
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
        catch (InvalidOperationException)
        {
            return 0;
        }
    }

    private void End()
    {
        IsAlive = false;
        try
        {
            _process.Kill(entireProcessTree: true);
        }
        catch (Exception gone) when (gone is InvalidOperationException or Win32Exception or AggregateException)
        {
            // it has ended already
        }
    }

    /// <summary>Rows that could not be written down: a failure of this machine's disk, and not of the child.</summary>
    private sealed class DiskException : IOException
    {
        private DiskException(IOException cause)
            : base(cause.Message, cause) => HResult = cause.HResult;

        public static async Task GuardAsync(Func<ValueTask> write)
        {
            try
            {
                await write();
            }
            catch (IOException full)
            {
                throw new DiskException(full);
            }
        }
    }
}
