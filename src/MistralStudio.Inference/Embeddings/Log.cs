using Microsoft.Extensions.Logging;

namespace MistralStudio.Inference.Embeddings;

internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Error, Message = "The embedding model {Model} failed on a batch of {Texts} texts.")]
    public static partial void EmbeddingFailed(ILogger logger, string model, int texts, Exception exception);
}
