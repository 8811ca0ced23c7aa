using MistralStudio.Core.Knowledge;
using MistralStudio.Retrieval.Documents.Ocr;

namespace MistralStudio.Retrieval.Documents;

/// <summary>What a document may cost; travels to the process that reads it.</summary>
internal sealed record ParseLimits(
    int MaxPages, int MaxCharacters, int MaxEntries, long MaxUnpackedBytes, long MillisecondsLeft, bool Ocr, string? OcrLanguages)
{
    /// <summary>How deep archives and mails may lie in each other.</summary>
    public const int MaxDepth = 4;

    public static ParseLimits From(KnowledgeOptions options) => new(
        options.MaxPages, options.MaxCharacters, options.MaxEntries, options.MaxUnpackedBytes, (long)options.MaxParseTime.TotalMilliseconds, options.Ocr, options.OcrLanguages);
}

/// <summary>One document's reading: its limits, shared by all that lies inside it, and whom to tell how far it has come.</summary>
internal sealed class ParseContext(ParseLimits limits, Action<double> progress, CancellationToken cancellationToken)
{
    private readonly long _deadline = Environment.TickCount64 + limits.MillisecondsLeft;
    private long _unpacked;
    private int _entries;
    private int _depth;

    public ParseLimits Limits => limits;

    public CancellationToken Cancellation => cancellationToken;

    /// <summary>Reads text off pictures; null where that is off or not installed.</summary>
    public Tesseract? Ocr { get; } = limits.Ocr ? Tesseract.Find(limits.OcrLanguages) : null;

    /// <summary>True while less than four fifths of the time are over: whether to begin another slow page.</summary>
    public bool HasTimeForOcr => _deadline - Environment.TickCount64 > limits.MillisecondsLeft / 5;

    /// <summary>Says how far the document has come, 0 to 1; ends its reading where nobody waits for it any more.</summary>
    public void Report(double done)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (_depth == 0)
        {
            progress(done);
        }
    }

    /// <summary>Counts an entry of an archive or a mail, and the bytes that it came to.</summary>
    public void Unpacked(long bytes)
    {
        cancellationToken.ThrowIfCancellationRequested();
        _unpacked += bytes;
        if (_unpacked > limits.MaxUnpackedBytes)
        {
            throw new DocumentException(DocumentErrors.UnpacksTooLarge(limits.MaxUnpackedBytes));
        }
    }

    /// <summary>Counts an entry; false where there have been too many already.</summary>
    public bool TryEnter() => ++_entries <= limits.MaxEntries;

    /// <summary>Ends an archive or a mail that lies too deep in others.</summary>
    public void EnterArchive()
    {
        if (_depth >= ParseLimits.MaxDepth)
        {
            throw new DocumentException(DocumentErrors.TooDeep(ParseLimits.MaxDepth));
        }
    }

    /// <summary>Reads a document inside this one, into it. What it cannot read, the note says; limits of the whole end the whole.</summary>
    public void ReadNested(byte[] content, string name, DocumentBuilder into, int deeper)
    {
        var label = name.Length <= 120 ? name : string.Concat(name.AsSpan(0, 119), "…");
        _depth++;
        try
        {
            var read = DocumentParsing.Read(content, name, this);
            into.Append(Titled(read), deeper);
        }
        catch (DocumentException refused) when (refused.Error.Code is not ("document.too_much_text" or "document.unpacks_too_large"))
        {
            into.Note(refused.Error.Code, $"\"{label}\" was not read: {refused.Error.Message}");
        }
        catch (Exception broken) when (broken is not (DocumentException or OperationCanceledException or OutOfMemoryException))
        {
            into.Note("document.unreadable", $"\"{label}\" was not read: {DocumentErrors.Unreadable().Message}");
        }
        finally
        {
            _depth--;
        }
    }

    // Pages of an inner document are not pages of the outer one; those without text are still worth a word.
    private static ExtractedText Titled(ExtractedText nested) => nested with { Pages = [], PagesWithoutText = [] };
}
