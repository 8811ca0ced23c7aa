using Microsoft.ML.OnnxRuntime;

namespace MistralStudio.Inference.Decoders;

/// <summary>How sessions run here: one graph after the other, on the given number of threads.</summary>
internal static class SessionSettings
{
    /// <param name="threads">Threads inside one operator.</param>
    public static SessionOptions Create(int threads)
    {
        var options = new SessionOptions
        {
            IntraOpNumThreads = threads,
            InterOpNumThreads = 1,
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
        };
        options.AddSessionConfigEntry("session.prepack.enable_parallel", "1");
        return options;
    }
}
