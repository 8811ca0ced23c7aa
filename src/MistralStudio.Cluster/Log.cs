using Microsoft.Extensions.Logging;
using MistralStudio.Core.Work;

namespace MistralStudio.Cluster;

internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Error, Message = "{Work} met fault {Faults}; it is tried again in {Wait}")]
    public static partial void WorkFaulted(ILogger logger, WorkKey work, int faults, TimeSpan wait, Exception exception);

    [LoggerMessage(Level = LogLevel.Information, Message = "Going on with {Count} unfinished pieces of {Kind}")]
    public static partial void WorkResumed(ILogger logger, string kind, int count);

    [LoggerMessage(Level = LogLevel.Error, Message = "Unfinished pieces of {Kind} could not be listed; that is tried again in {Wait}")]
    public static partial void ResumptionFailed(ILogger logger, string kind, TimeSpan wait, Exception exception);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Count} processes of the cluster have ended; looking after their work")]
    public static partial void MembersGone(ILogger logger, int count);

    [LoggerMessage(Level = LogLevel.Information, Message = "The silo that owns background work started in {Milliseconds:F0} ms, beside the pages")]
    public static partial void SiloStarted(ILogger logger, double milliseconds);

    [LoggerMessage(Level = LogLevel.Critical, Message = "The silo that owns background work did not start")]
    public static partial void SiloFailed(ILogger logger, Exception exception);
}
