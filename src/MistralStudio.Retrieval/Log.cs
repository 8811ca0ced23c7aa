using Microsoft.Extensions.Logging;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Retrieval;

/// <summary>What this room tells the operator; never what a document says.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Warning, "A {Format} document could not be read: it ended the process that read it")]
    public static partial void ParserEnded(ILogger logger, string format);

    [LoggerMessage(9, LogLevel.Error, "The process that reads documents could not be started ({Program})")]
    public static partial void ParserUnavailable(ILogger logger, string program);

    [LoggerMessage(2, LogLevel.Information, "Document {Document} failed: {Code}")]
    public static partial void DocumentFailed(ILogger logger, DocumentId document, string code);

    [LoggerMessage(3, LogLevel.Information, "Document {Document} is searchable: {Passages} passages, {Embedded} embedded now, in {Milliseconds:N0} ms")]
    public static partial void DocumentIndexed(ILogger logger, DocumentId document, int passages, int embedded, double milliseconds);

    [LoggerMessage(4, LogLevel.Warning, "The index at {Path} is unusable ({Reason}) and is built again from the documents")]
    public static partial void IndexUnusable(ILogger logger, string path, string reason);

    [LoggerMessage(5, LogLevel.Information, "Building the index again for {Documents} documents")]
    public static partial void IndexRebuilding(ILogger logger, int documents);

    [LoggerMessage(6, LogLevel.Warning, "Document {Document} could not be put into the index again; the next start tries once more")]
    public static partial void IndexRebuildFailed(ILogger logger, DocumentId document, Exception exception);

    [LoggerMessage(7, LogLevel.Warning, "Document {Document} waits for its embedding model: {Code}")]
    public static partial void DocumentWaits(ILogger logger, DocumentId document, string code);

    [LoggerMessage(8, LogLevel.Error, "The index could not be compared with the documents; searches may miss some until the next start")]
    public static partial void IndexCheckFailed(ILogger logger, Exception exception);

    [LoggerMessage(10, LogLevel.Information, "Knowledge base {Base} was moved to {Store}")]
    public static partial void BaseMoved(ILogger logger, KnowledgeBaseId @base, IndexStore store);

    [LoggerMessage(11, LogLevel.Warning, "Document {Document} waits for its index: {Code}")]
    public static partial void DocumentWaitsForIndex(ILogger logger, DocumentId document, string code);

    [LoggerMessage(12, LogLevel.Information, "Source {Source} is read: {Added} added, {Changed} changed, {Removed} removed ({Code})")]
    public static partial void SourceRead(ILogger logger, SourceId source, int added, int changed, int removed, string? code);

    [LoggerMessage(14, LogLevel.Warning, "The folder of source {Source} is not watched ({Reason}); it is read on demand and on schedule")]
    public static partial void FolderNotWatched(ILogger logger, SourceId source, string reason);

    [LoggerMessage(15, LogLevel.Error, "Files of deleted conversations could not be erased; the next time is in a few minutes")]
    public static partial void ErasureFailed(ILogger logger, Exception exception);

    [LoggerMessage(13, LogLevel.Error, "Sources could not be looked at; the next time is in half a minute")]
    public static partial void ScheduleFailed(ILogger logger, Exception exception);
}
