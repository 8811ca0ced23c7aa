using Microsoft.Extensions.Logging;

namespace MistralStudio.Flows.Hosting;

/// <summary>What the hosting of runs logs.</summary>
internal static partial class Log
{
    [LoggerMessage(11, LogLevel.Error, "Runs and schedules whose time has come could not be woken; that is tried again in a moment.")]
    public static partial void ClockFault(ILogger logger, Exception exception);
}
