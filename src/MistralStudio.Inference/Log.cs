using Microsoft.Extensions.Logging;

namespace MistralStudio.Inference;

internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Error, Message = "The engine of {Model} failed; its requests end, the engine goes on")]
    public static partial void EngineFailed(ILogger logger, string model, Exception exception);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Model} is loaded: {Milliseconds} ms, at most {Megabytes} MB")]
    public static partial void ModelLoaded(ILogger logger, string model, long milliseconds, long megabytes);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Model} cannot be loaded: {Reason}")]
    public static partial void ModelFailed(ILogger logger, string model, string reason, Exception? exception);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Model} is computed in float32: {Reason}")]
    public static partial void HalfRefused(ILogger logger, string model, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "The files of {Model} are gone; it is no longer offered")]
    public static partial void ModelGone(ILogger logger, string model);

    [LoggerMessage(Level = LogLevel.Information, Message = "The model {Model} is imported: {Megabytes} MB")]
    public static partial void ModelImported(ILogger logger, string model, long megabytes);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The import of {Model} failed: {Reason}")]
    public static partial void ImportFailed(ILogger logger, string model, string reason, Exception? exception);
}
