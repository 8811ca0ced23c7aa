using Microsoft.Extensions.Logging;
using MistralStudio.Core.Ids;

namespace MistralStudio.Flows.Engine;

/// <summary>What this room logs: no value of a run, no text of a flow.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Warning, "The journal of run {Run} was not written ({Code}); the run goes on from what it has.")]
    public static partial void JournalRefused(ILogger logger, RunId run, string code);

    [LoggerMessage(3, LogLevel.Warning, "A result of run {Run} was not kept for other runs.")]
    public static partial void ResultNotKept(ILogger logger, Exception exception, RunId run);

    [LoggerMessage(2, LogLevel.Error, "Node {Node} of run {Run} failed in a way that its type does not foresee.")]
    public static partial void NodeFault(ILogger logger, Exception exception, RunId run, string node);
}
