using MistralStudio.Inference.Onnx;

namespace MistralStudio.Inference.Operators;

/// <summary>An operator of our own: its name, the types of its inputs, and how one node of it comes to life. All have one float output.</summary>
/// <param name="Name">As the graph names it.</param>
/// <param name="Inputs">Element types of the inputs.</param>
/// <param name="Create">Makes the kernel of one node from its attributes.</param>
/// <param name="Optional">How many of the last inputs a node may leave out.</param>
internal sealed record OperatorDefinition(string Name, ElementType[] Inputs, Func<NodeAttributes, IOperatorKernel> Create, int Optional = 0);

/// <summary>The attributes of one node.</summary>
internal readonly struct NodeAttributes(nint kernelInfo)
{
    /// <summary>An integer attribute by its zero-terminated name.</summary>
    public int this[ReadOnlySpan<byte> name] => checked((int)OrtNative.IntegerAttribute(kernelInfo, name));

    /// <summary>A real attribute by its zero-terminated name.</summary>
    public float Real(ReadOnlySpan<byte> name) => OrtNative.RealAttribute(kernelInfo, name);
}

/// <summary>One node of a session. Called by one thread at a time.</summary>
internal interface IOperatorKernel
{
    /// <summary>Reads the inputs and writes the output.</summary>
    void Compute(in OperatorContext context);
}

/// <summary>One call of one node: its tensors and the session's threads.</summary>
internal readonly unsafe struct OperatorContext(nint handle)
{
    /// <summary>The elements of an input.</summary>
    public T* Input<T>(int index)
        where T : unmanaged => (T*)OrtNative.Data(OrtNative.Input(handle, index));

    /// <summary>The elements of an input that the node may leave out; null where it does.</summary>
    public T* OptionalInput<T>(int index)
        where T : unmanaged => OrtNative.Input(handle, index) is var value and not 0 ? (T*)OrtNative.Data(value) : null;

    /// <summary>The elements of an input and its shape; returns the rank.</summary>
    public T* Input<T>(int index, Span<long> shape, out int rank)
        where T : unmanaged
    {
        var value = OrtNative.Input(handle, index);
        rank = OrtNative.Shape(value, shape);
        return (T*)OrtNative.Data(value);
    }

    /// <summary>The elements of the output, made in the given shape.</summary>
    public float* Output(ReadOnlySpan<long> shape) => (float*)OrtNative.Data(OrtNative.Output(handle, 0, shape));

    /// <summary>Calls a part of the work with every number below <paramref name="parts"/>, spread over the session's threads.</summary>
    public void Parallel(int parts, delegate* unmanaged<void*, nuint, void> part, void* state) => OrtNative.ParallelFor(handle, part, parts, state);
}
