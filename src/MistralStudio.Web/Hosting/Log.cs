namespace MistralStudio.Web.Hosting;

internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} {Path} failed, trace {Trace}")]
    public static partial void RequestFailed(ILogger logger, string method, string path, string trace, Exception exception);
}
