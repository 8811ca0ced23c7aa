namespace MistralStudio.Inference.Onnx;

/// <summary>One dimension of a graph's input or output: a number, or a name where it varies from run to run.</summary>
internal readonly record struct Dimension(long Value, string? Name)
{
    public static implicit operator Dimension(long value) => new(value, null);

    public static implicit operator Dimension(string name) => new(0, name);
}
