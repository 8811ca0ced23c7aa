using Microsoft.Extensions.Logging;
using Microsoft.ML.OnnxRuntime;
using MistralStudio.Core;
using MistralStudio.Core.Models;
using MistralStudio.Inference.Engine;
using MistralStudio.Inference.Onnx;
using MistralStudio.Inference.Safetensors;
using MistralStudio.Inference.Tokenization;

namespace MistralStudio.Inference.Encoders;

/// <summary>An encoder in memory: its shape, its tokenizer and the loop that owns its session.</summary>
/// <param name="MemoryBytes">Size of the compiled weights.</param>
internal sealed record EncoderModel(EncoderConfig Config, IEncoderTokens Tokens, EncoderLoop Loop, long MemoryBytes)
{
    /// <summary>Loads a folder, compiled on first use into the cache; takes about a second, so not on a circuit's thread.</summary>
    /// <param name="id">The model's id, for errors.</param>
    /// <param name="folder">Folder with config.json, model.safetensors and vocab.txt (BERT) or tokenizer.json (XLM-R).</param>
    /// <param name="contentHash">SHA-256 of model.safetensors.</param>
    /// <param name="cache">Where compiled graphs are kept.</param>
    /// <param name="logger">Where failures of single batches go.</param>
    /// <param name="threads">Threads of one batch; 0 for one a core.</param>
    /// <param name="batchTokens">Most tokens of a batch, padding included.</param>
    /// <param name="answers">What goes before large requests; null where nothing does.</param>
    public static Result<EncoderModel> Open(
        string id, string folder, string contentHash, GraphCache cache, ILogger logger, int threads, int batchTokens, DecodeActivity? answers)
    {
        var weights = Path.Combine(folder, "model.safetensors");
        var config = EncoderConfig.Read(folder);
        if (!config.IsSuccess)
        {
            return config.Error;
        }

        var tokens = Tokenizers.ForEncoder(folder, config.Value);
        if (!tokens.IsSuccess)
        {
            return tokens.Error;
        }

        var opened = SafetensorsFile.Open(weights);
        if (!opened.IsSuccess)
        {
            return opened.Error;
        }

        try
        {
            using var file = opened.Value;
            var graph = cache.GetOrBuild(contentHash, $"encoder:{EncoderGraph.Version}:{config.Value}", new EncoderGraph(config.Value, file).Build);
            var session = new EncoderSession(Path.Combine(graph, "model.onnx"), config.Value, threads);
            var bytes = new FileInfo(Path.Combine(graph, "model.bin")).Length;
            return new EncoderModel(config.Value, tokens.Value, new EncoderLoop(id, session, batchTokens, logger, answers), bytes);
        }
        catch (InvalidDataException damaged)
        {
            return ModelErrors.Unreadable(Path.GetFileName(weights), damaged.Message);
        }
        catch (Exception failure) when (failure is OnnxRuntimeException or IOException or UnauthorizedAccessException)
        {
            return ModelErrors.LoadFailed(id, failure.Message.TrimEnd('.'));
        }
    }
}
