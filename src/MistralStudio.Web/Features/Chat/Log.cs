namespace MistralStudio.Web.Features.Chat;

internal static partial class Log
{
    [LoggerMessage(EventId = 4001, Level = LogLevel.Error, Message = "An answer stopped because of an unexpected error.")]
    internal static partial void AnswerBroke(this ILogger logger, Exception exception);

    [LoggerMessage(EventId = 4002, Level = LogLevel.Error, Message = "A message could not be saved.")]
    internal static partial void MessageNotKept(this ILogger logger, Exception exception);
}
