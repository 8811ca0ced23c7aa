namespace MistralStudio.Inference.Safetensors;

/// <summary>Element types of safetensors files that are known here.</summary>
internal enum SafetensorsType
{
    Bool,
    UInt8,
    Int8,
    Int16,
    UInt16,
    Float16,
    BFloat16,
    Int32,
    UInt32,
    Float32,
    Int64,
    UInt64,
    Float64,
}

/// <summary>A tensor of a safetensors file.</summary>
/// <param name="Type">Its element type.</param>
/// <param name="Shape">Its dimensions, slowest first; none for a scalar.</param>
/// <param name="Offset">Bytes from the start of the file.</param>
/// <param name="Bytes">Its size, bytes.</param>
internal sealed record SafetensorsTensor(SafetensorsType Type, IReadOnlyList<long> Shape, long Offset, long Bytes)
{
    /// <summary>The type that a header names, or null where it is not known here.</summary>
    public static SafetensorsType? TypeNamed(string name) => name switch
    {
        "BOOL" => SafetensorsType.Bool,
        "U8" => SafetensorsType.UInt8,
        "I8" => SafetensorsType.Int8,
        "I16" => SafetensorsType.Int16,
        "U16" => SafetensorsType.UInt16,
        "F16" => SafetensorsType.Float16,
        "BF16" => SafetensorsType.BFloat16,
        "I32" => SafetensorsType.Int32,
        "U32" => SafetensorsType.UInt32,
        "F32" => SafetensorsType.Float32,
        "I64" => SafetensorsType.Int64,
        "U64" => SafetensorsType.UInt64,
        "F64" => SafetensorsType.Float64,
        _ => null,
    };

    /// <summary>Bytes of one element.</summary>
    public static int ElementBytes(SafetensorsType type) => type switch
    {
        SafetensorsType.Bool or SafetensorsType.UInt8 or SafetensorsType.Int8 => 1,
        SafetensorsType.Int16 or SafetensorsType.UInt16 or SafetensorsType.Float16 or SafetensorsType.BFloat16 => 2,
        SafetensorsType.Int32 or SafetensorsType.UInt32 or SafetensorsType.Float32 => 4,
        _ => 8,
    };
}
