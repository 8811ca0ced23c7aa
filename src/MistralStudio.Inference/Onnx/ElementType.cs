namespace MistralStudio.Inference.Onnx;

/// <summary>Element types of ONNX tensors, by their number in <c>TensorProto.DataType</c>.</summary>
internal enum ElementType
{
    Float = 1,
    UInt8 = 2,
    Int8 = 3,
    Int32 = 6,
    Int64 = 7,
    Float16 = 10,
}

/// <summary>Sizes of elements.</summary>
internal static class ElementTypes
{
    /// <summary>Bytes of one float.</summary>
    public static int FloatBytes(this ElementType type) => type switch
    {
        ElementType.Float => 4,
        ElementType.Float16 => 2,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "no float"),
    };
}
