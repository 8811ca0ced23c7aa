using Microsoft.Extensions.Logging;
using MistralStudio.Core.Ids;

namespace MistralStudio.Agents;

/// <summary>What this room logs.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Error, "Row {Row} of batch {Batch} could not be asked about because of an internal error")]
    public static partial void RowFaulted(ILogger logger, BatchId batch, long row, Exception exception);
}
