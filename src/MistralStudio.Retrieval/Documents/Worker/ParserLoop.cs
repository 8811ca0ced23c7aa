using System.Text.Json;
using MistralStudio.Core;
using MistralStudio.Core.Tables;
using MistralStudio.Retrieval.Tables;

namespace MistralStudio.Retrieval.Documents.Worker;

/// <summary>
/// The child: reads one document after the other from its standard input and writes their texts to its standard output, until that ends. It
/// has no database, no settings and no network; what a document does to it happens to it alone.
/// </summary>
public static class ParserLoop
{
    /// <summary>The hidden command that makes a process of ours the child.</summary>
    public const string Command = "parse-worker";

    // Documents nest; the stack of a thread is what deep ones cost.
    private const int StackBytes = 256 << 20;

    private static readonly TimeSpan s_betweenReports = TimeSpan.FromMilliseconds(100);

    /// <summary>True where the arguments ask for the child and nothing else.</summary>
    public static bool IsAskedFor(string[] args) => args is [Command];

    /// <summary>Works until the parent closes the pipe; returns the exit code.</summary>
    public static async Task<int> RunAsync()
    {
        SocketLock.Close();
        using var watch = ParentWatch.Start();
        await using var input = Console.OpenStandardInput();
        await using var output = Console.OpenStandardOutput();
        // A library that prints must not break the frames.
        Console.SetOut(TextWriter.Null);
        while (await ReadRequestAsync(input) is { } request)
        {
            if (request.Table is { } table)
            {
                await AnswerTableAsync(request, table, input, output);
            }
            else if (await ReadContentAsync(request, input) is { } content)
            {
                await AnswerAsync(request, content, output);
            }
            else
            {
                break;
            }
        }

        return 0;
    }

    private static async Task<ParseRequest?> ReadRequestAsync(Stream input) =>
        await Frames.ReadAsync(input, CancellationToken.None) is (FrameKind.Request, var json) ? JsonSerializer.Deserialize(json, WorkerJson.Default.ParseRequest)! : null;

    private static async Task<byte[]?> ReadContentAsync(ParseRequest request, Stream input)
    {
        var content = GC.AllocateUninitializedArray<byte>(request.Bytes);
        var filled = 0;
        while (await Frames.ReadAsync(input, CancellationToken.None) is var (kind, piece))
        {
            if (kind == FrameKind.End)
            {
                return filled == content.Length ? content : null;
            }

            piece.CopyTo(content, filled);
            filled += piece.Length;
        }

        return null;
    }

    private static async Task AnswerAsync(ParseRequest request, byte[] content, Stream output)
    {
        var reached = 0.0;
        var reading = OnThread(() => Guard(
            request, token => DocumentParsing.Read(content, request.Name, new ParseContext(request.Limits, progress => Volatile.Write(ref reached, progress), token))));
        var shown = 0.0;
        while (await Task.WhenAny(reading, Task.Delay(s_betweenReports)) != reading)
        {
            if (Volatile.Read(ref reached) is var now && now > shown)
            {
                shown = now;
                await Frames.WriteAsync(output, FrameKind.Progress, BitConverter.GetBytes(now), CancellationToken.None);
            }
        }

        var read = await reading;
        if (read.IsSuccess)
        {
            await Frames.WriteAsync(output, FrameKind.Text, JsonSerializer.SerializeToUtf8Bytes(read.Value, WorkerJson.Default.ExtractedText), CancellationToken.None);
            await Frames.WriteAsync(output, FrameKind.End, default, CancellationToken.None);
        }
        else
        {
            await Frames.WriteAsync(output, FrameKind.Error, JsonSerializer.SerializeToUtf8Bytes(read.Error, WorkerJson.Default.Error), CancellationToken.None);
        }
    }

    private static async Task AnswerTableAsync(ParseRequest request, TableRequest table, Stream input, Stream output)
    {
        await using var content = new FrameContent(input);
        using var sink = new TableSink(table.Limits, rows => Frames.Write(output, FrameKind.Rows, rows.Span));
        var read = await OnThread(() => Guard(request, token => TableParsing.Read(content, table, new ParseContext(request.Limits, _ => { }, token), sink)));
        // What a refused table still sends is nobody's.
        content.Drain();
        if (read.IsSuccess)
        {
            await Frames.WriteAsync(output, FrameKind.Text, JsonSerializer.SerializeToUtf8Bytes(read.Value, WorkerJson.Default.TableShape), CancellationToken.None);
            await Frames.WriteAsync(output, FrameKind.End, default, CancellationToken.None);
        }
        else
        {
            await Frames.WriteAsync(output, FrameKind.Error, JsonSerializer.SerializeToUtf8Bytes(read.Error, WorkerJson.Default.Error), CancellationToken.None);
        }
    }

    private static Task<T> OnThread<T>(Func<T> read)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() => done.SetResult(read()), StackBytes) { IsBackground = true, Name = "document parser" };
        thread.Start();
        return done.Task;
    }

    private static Result<T> Guard<T>(ParseRequest request, Func<CancellationToken, T> read)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromMilliseconds(request.Limits.MillisecondsLeft));
        try
        {
            return read(deadline.Token);
        }
        catch (DocumentException refused)
        {
            return refused.Error;
        }
        catch (TableException refused)
        {
            return refused.Error;
        }
        catch (OperationCanceledException)
        {
            return DocumentErrors.TookTooLong(TimeSpan.FromMilliseconds(request.Limits.MillisecondsLeft));
        }
        catch (OutOfMemoryException)
        {
            return DocumentErrors.TooMuchMemory(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);
        }
        catch (Exception broken)
        {
            // What it trips over may be words of the document: the type is all that leaves.
            Console.Error.WriteLine(broken.GetType().FullName);
            return DocumentErrors.Unreadable();
        }
    }
}
