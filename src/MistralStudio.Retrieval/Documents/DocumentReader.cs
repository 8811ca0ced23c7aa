using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using MistralStudio.Core;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Retrieval.Documents;

/// <summary>Reads one format.</summary>
internal interface IDocumentParser
{
    /// <summary>Reads a whole document. Called on a thread of its own; checks the token now and then.</summary>
    /// <param name="progress">Told how far it has come, 0 to 1.</param>
    Result<ExtractedText> Parse(byte[] content, KnowledgeOptions limits, Action<double> progress, CancellationToken cancellationToken);
}

/// <summary>
/// Reads documents within limits. A parser runs on its own thread with a large stack; what it throws fails its document alone, and one
/// that does not come back in time is left behind.
/// </summary>
internal sealed class DocumentReader(IOptions<KnowledgeOptions> options, TimeProvider time, ILogger<DocumentReader> log)
{
    private const int StackBytes = 64 << 20;

    // A parser that ignores its token gets this much longer before it is left behind.
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(5);

    public async Task<Result<ExtractedText>> ReadAsync(
        byte[] content, string name, Action<double> progress, CancellationToken cancellationToken)
    {
        var format = FormatDetection.Detect(content.AsSpan(0, Math.Min(content.Length, FormatDetection.HeadBytes)), name);
        if (!format.IsSuccess)
        {
            return format.Error;
        }

        IDocumentParser parser = format.Value switch
        {
            DocumentFormat.Pdf => new PdfParser(),
            DocumentFormat.Html => new HtmlParser(),
            _ => new TextParser(),
        };
        var limits = options.Value;
        using var deadline = new CancellationTokenSource(limits.MaxParseTime, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            var result = await RunAsync(parser, content, limits, progress, stop.Token).WaitAsync(limits.MaxParseTime + s_grace, time, cancellationToken);
            return result switch
            {
                { IsSuccess: true, Value.Text.Length: var length } when length > limits.MaxCharacters => DocumentErrors.TooMuchText(limits.MaxCharacters),
                { IsSuccess: true } when string.IsNullOrWhiteSpace(result.Value.Text) => DocumentErrors.Blank(),
                _ => result,
            };
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            if (exception is TimeoutException || deadline.IsCancellationRequested)
            {
                return DocumentErrors.TookTooLong(limits.MaxParseTime);
            }

            Log.ParserFailed(log, format.Value, exception);
            return DocumentErrors.Unreadable();
        }
    }

    private static Task<Result<ExtractedText>> RunAsync(
        IDocumentParser parser, byte[] content, KnowledgeOptions limits, Action<double> progress, CancellationToken cancellationToken)
    {
        var done = new TaskCompletionSource<Result<ExtractedText>>(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(
            () =>
            {
                try
                {
                    done.SetResult(parser.Parse(content, limits, progress, cancellationToken));
                }
                catch (Exception exception)
                {
                    done.SetException(exception);
                }
            },
            StackBytes)
        {
            IsBackground = true,
            Name = "document parser",
            Priority = ThreadPriority.BelowNormal,
        };
        thread.Start();
        return done.Task;
    }
}
