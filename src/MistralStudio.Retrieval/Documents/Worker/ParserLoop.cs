using System.Text.Json;
using MistralStudio.Core;
using MistralStudio.Core.Knowledge;

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
        while (await ReadRequestAsync(input) is var (request, content))
        {
            await AnswerAsync(request, content, output);
        }

        return 0;
    }

    private static async Task<(ParseRequest Request, byte[] Content)?> ReadRequestAsync(Stream input)
    {
        if (await Frames.ReadAsync(input, CancellationToken.None) is not (FrameKind.Request, var json))
        {
            return null;
        }

        var request = JsonSerializer.Deserialize(json, WorkerJson.Default.ParseRequest)!;
        var content = GC.AllocateUninitializedArray<byte>(request.Bytes);
        var filled = 0;
        while (await Frames.ReadAsync(input, CancellationToken.None) is var (kind, piece))
        {
            if (kind == FrameKind.End)
            {
                return filled == content.Length ? (request, content) : null;
            }

            piece.CopyTo(content, filled);
            filled += piece.Length;
        }

        return null;
    }

    private static async Task AnswerAsync(ParseRequest request, byte[] content, Stream output)
    {
        var reached = 0.0;
        var reading = ReadOnThread(request, content, progress => Volatile.Write(ref reached, progress));
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

    private static Task<Result<ExtractedText>> ReadOnThread(ParseRequest request, byte[] content, Action<double> progress)
    {
        var done = new TaskCompletionSource<Result<ExtractedText>>(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() => done.SetResult(Read(request, content, progress)), StackBytes) { IsBackground = true, Name = "document parser" };
        thread.Start();
        return done.Task;
    }

    private static Result<ExtractedText> Read(ParseRequest request, byte[] content, Action<double> progress)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromMilliseconds(request.Limits.MillisecondsLeft));
        try
        {
            return DocumentParsing.Read(content, request.Name, new ParseContext(request.Limits, progress, deadline.Token));
        }
        catch (DocumentException refused)
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
