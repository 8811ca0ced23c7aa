using MistralStudio.Core;
using MistralStudio.Inference.Gguf;
using MistralStudio.Inference.Onnx;

namespace MistralStudio.Inference.Decoders;

/// <summary>Keeps decoders in the form that ONNX Runtime loads: a graph and its weights, compiled once for a model file.</summary>
internal static class DecoderCompiler
{
    /// <summary>Counts up whenever the same file would be compiled to another graph.</summary>
    private const int Version = 5;

    private const string GraphName = "decoder.onnx";
    private const string WeightsName = "decoder.weights";

    /// <summary>The graph of a model, compiled now if it is not there yet.</summary>
    /// <param name="contentHash">SHA-256 of the model file.</param>
    /// <param name="capacity">Positions of a slot.</param>
    /// <param name="form">Whose operators the graph is made of.</param>
    public static Result<string> Compile(GgufFile file, DecoderShape shape, string contentHash, int capacity, DecoderForm form, GraphCache cache)
    {
        if (DecoderTensors.Check(file, shape) is { } error)
        {
            return error;
        }

        var folder = cache.GetOrBuild(contentHash, $"decoder-{Version}:{form}:{capacity}", target =>
        {
            using var weights = new WeightFile(Path.Combine(target, WeightsName));
            var graph = new GraphBuilder("decoder", weights);
            IDecoderNodes nodes = form == DecoderForm.Packed ? new PackedNodes(file, shape, graph) : new NBitsNodes(file, shape, graph);
            new DecoderGraph(file, shape, capacity, graph, nodes).Build();
            graph.Save(Path.Combine(target, GraphName));
        });
        return Path.Combine(folder, GraphName);
    }
}
