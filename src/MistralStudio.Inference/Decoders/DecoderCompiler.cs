using System.Security.Cryptography;
using System.Text;
using MistralStudio.Core;
using MistralStudio.Inference.Gguf;
using MistralStudio.Inference.Onnx;

namespace MistralStudio.Inference.Decoders;

/// <summary>
/// Keeps decoders in the form that ONNX Runtime loads: a graph and its weights in a folder named by the content they came from. A folder
/// appears by one rename, so it is whole or absent.
/// </summary>
internal static class DecoderCompiler
{
    /// <summary>Counts up whenever the same file would be compiled to something else.</summary>
    private const int Version = 3;

    private const string GraphName = "decoder.onnx";
    private const string WeightsName = "decoder.weights";

    /// <summary>The graph of a model, compiled now if it is not there yet.</summary>
    /// <param name="folder">Where compiled models are kept.</param>
    /// <param name="contentHash">SHA-256 of the model file.</param>
    /// <param name="capacity">Positions of a slot.</param>
    public static Result<string> Compile(GgufFile file, DecoderShape shape, string contentHash, int capacity, string folder)
    {
        var key = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{contentHash}:{Version}:{capacity}")));
        var target = Path.Combine(folder, key);
        if (File.Exists(Path.Combine(target, GraphName)))
        {
            return Path.Combine(target, GraphName);
        }

        if (DecoderTensors.Check(file, shape) is { } error)
        {
            return error;
        }

        var unfinished = Path.Combine(folder, $".{key}.{Guid.NewGuid():N}");
        Directory.CreateDirectory(unfinished);
        try
        {
            using (var weights = new WeightFile(Path.Combine(unfinished, WeightsName)))
            {
                var graph = new GraphBuilder("decoder", weights);
                new DecoderGraph(file, shape, capacity, graph).Build();
                graph.Save(Path.Combine(unfinished, GraphName));
            }

            Directory.Move(unfinished, target);
        }
        catch (IOException) when (File.Exists(Path.Combine(target, GraphName)))
        {
            // Another process compiled the same model meanwhile; its folder is as good.
        }
        finally
        {
            if (Directory.Exists(unfinished))
            {
                Directory.Delete(unfinished, recursive: true);
            }
        }

        return Path.Combine(target, GraphName);
    }
}
