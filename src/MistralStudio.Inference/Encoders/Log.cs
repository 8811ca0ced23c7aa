using Microsoft.Extensions.Logging;

namespace MistralStudio.Inference.Encoders;

internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Error, Message = "The encoder {Model} failed on a batch of {Texts} texts.")]
    public static partial void BatchFailed(ILogger logger, string model, int texts, Exception exception);
}
