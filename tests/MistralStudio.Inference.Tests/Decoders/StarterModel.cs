using MistralStudio.Inference.Decoders;
using MistralStudio.Inference.Gguf;
using MistralStudio.Inference.Onnx;
using MistralStudio.Tests.Shared;

namespace MistralStudio.Inference.Tests.Decoders;

/// <summary>The starter chat model, loaded once for all tests of the decoder.</summary>
public sealed class StarterModel : IDisposable
{
    private readonly TempFolder _folder = new();

    public StarterModel()
    {
        File = GgufFile.Open(Path).Value;
        Shape = DecoderShape.Read(File).Value;
        Graph = Compile(DecoderForms.OfThisMachine);
        Decoder = new OnnxDecoder(Graph, Shape, slots: 5, Capacity, threads: 2);
    }

    public static string Path => System.IO.Path.Combine(
        SharedData.StarterModels, "smollm2-135m-instruct", "SmolLM2-135M-Instruct.Q4_1.gguf");

    internal const int Capacity = 512;

    internal GgufFile File { get; }

    internal DecoderShape Shape { get; }

    internal string Graph { get; }

    internal OnnxDecoder Decoder { get; }

    internal string Compile(DecoderForm form) =>
        DecoderCompiler.Compile(File, Shape, "starter", Capacity, form, new GraphCache(_folder.Path)).Value;

    public void Dispose()
    {
        Decoder.Dispose();
        File.Dispose();
        _folder.Dispose();
    }
}
