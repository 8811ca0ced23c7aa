namespace MistralStudio.Web.Hosting;

internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Critical, Message = "The start failed")]
    public static partial void StartFailed(ILogger logger, Exception exception);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} {Path} failed, trace {Trace}")]
    public static partial void RequestFailed(ILogger logger, string method, string path, string trace, Exception exception);
}
