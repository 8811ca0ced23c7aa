using MistralStudio.Core;
using MistralStudio.Inference.Gguf;
using MistralStudio.Inference.Onnx;

namespace MistralStudio.Inference.Decoders;

/// <summary>Keeps decoders in the form that ONNX Runtime loads: a graph and its weights, compiled once for a model file.</summary>
internal static class DecoderCompiler
{
    /// <summary>Counts up whenever the same file would be compiled to another graph.</summary>
    private const int Version = 6;

    /// <summary>8-bit activations, with integer arithmetic where the processor has it.</summary>
    private const int AccuracyLevel = 4;

    private const string GraphName = "decoder.onnx";
    private const string WeightsName = "decoder.weights";

    /// <summary>The graph of a model, compiled now if it is not there yet.</summary>
    /// <param name="contentHash">SHA-256 of the model file.</param>
    /// <param name="capacity">Positions of a slot.</param>
    /// <param name="form">Whose operators the graph is made of.</param>
    /// <param name="allFloat">True keeps every number as the file says it: for measuring.</param>
    public static Result<string> Compile(
        GgufFile file, DecoderShape shape, string contentHash, int capacity, DecoderForm form, GraphCache cache, bool allFloat = false)
    {
        if (DecoderTensors.Check(file, shape) is { } error)
        {
            return error;
        }

        var folder = cache.GetOrBuild(contentHash, $"decoder-{Version}:{form}:{capacity}:{allFloat}", target =>
        {
            using var weights = new WeightFile(Path.Combine(target, WeightsName));
            var graph = new GraphBuilder("decoder", weights);
            var plan = new WeightPlan(file, allFloat);
            IDecoderNodes nodes = form == DecoderForm.Packed
                ? new PackedNodes(file, shape, plan, capacity, graph)
                : new NBitsNodes(
                    file, shape, plan, form == DecoderForm.DeviceHalf ? ElementType.Float16 : ElementType.Float, form == DecoderForm.NBits ? AccuracyLevel : 0, graph);
            new DecoderGraph(file, shape, capacity, graph, nodes).Build();
            graph.Save(Path.Combine(target, GraphName));
        });
        return Path.Combine(folder, GraphName);
    }
}
