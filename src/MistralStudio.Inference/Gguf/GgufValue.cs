namespace MistralStudio.Inference.Gguf;

/// <summary>Types of metadata values, by their number in the file.</summary>
internal enum GgufValueType
{
    UInt8 = 0,
    Int8 = 1,
    UInt16 = 2,
    Int16 = 3,
    UInt32 = 4,
    Int32 = 5,
    Float32 = 6,
    Bool = 7,
    String = 8,
    Array = 9,
    UInt64 = 10,
    Int64 = 11,
    Float64 = 12,
}

/// <summary>
/// Where a metadata value stands in the file; it is decoded when it is asked for, so that a vocabulary takes no memory twice.
/// </summary>
/// <param name="Type">Its type, or that of an array's elements.</param>
/// <param name="Position">Bytes from the start of the file to the value, or to an array's first element.</param>
/// <param name="Count">Number of an array's elements; null for a single value.</param>
internal readonly record struct GgufValue(GgufValueType Type, long Position, long? Count)
{
    /// <summary>Bytes of a value of fixed size; 0 for strings and arrays.</summary>
    public static int FixedSize(GgufValueType type) => type switch
    {
        GgufValueType.UInt8 or GgufValueType.Int8 or GgufValueType.Bool => 1,
        GgufValueType.UInt16 or GgufValueType.Int16 => 2,
        GgufValueType.UInt32 or GgufValueType.Int32 or GgufValueType.Float32 => 4,
        GgufValueType.UInt64 or GgufValueType.Int64 or GgufValueType.Float64 => 8,
        _ => 0,
    };
}
