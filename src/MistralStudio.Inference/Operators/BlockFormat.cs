namespace MistralStudio.Inference.Operators;

/// <summary>How the weights of a <see cref="PackedMatrix"/> are stored: blocks of 32 along a row, each with a scale <c>d</c> (float16).</summary>
internal enum BlockFormat
{
    /// <summary><c>w = d * (q - 8)</c>, 4 bits a weight. Exact for Q4_0.</summary>
    FourBits,

    /// <summary><c>w = d * q + m</c>, 4 bits a weight, <c>m</c> (float16) a block. Exact for Q4_1, and for Q4_K up to the rounding of its scales.</summary>
    FourBitsOffset,

    /// <summary><c>w = d * (q - 128)</c>, 8 bits a weight. Exact for Q8_0 and Q5_0.</summary>
    EightBits,

    /// <summary>
    /// <c>w = d * q + m</c> with <c>q</c> up to 127 in a byte, <c>m</c> (float16) a block. Exact for Q5_1, and for Q5_K up to the rounding of its
    /// scales.
    /// </summary>
    SevenBitsOffset,
}

/// <summary>What a <see cref="BlockFormat"/> is made of.</summary>
internal static class BlockFormats
{
    /// <summary>Whether two weights share a byte.</summary>
    public static bool IsFourBits(this BlockFormat format) => format is BlockFormat.FourBits or BlockFormat.FourBitsOffset;

    /// <summary>Whether blocks have an offset.</summary>
    public static bool HasOffset(this BlockFormat format) => format is BlockFormat.FourBitsOffset or BlockFormat.SevenBitsOffset;
}

/// <summary>A <see cref="BlockFormat"/> as a type, so that the kernels are compiled for each by itself.</summary>
internal interface IBlockFormat
{
    static abstract bool IsFourBits { get; }

    static abstract bool HasOffset { get; }
}

internal readonly struct FourBits : IBlockFormat
{
    public static bool IsFourBits => true;

    public static bool HasOffset => false;
}

internal readonly struct FourBitsOffset : IBlockFormat
{
    public static bool IsFourBits => true;

    public static bool HasOffset => true;
}

internal readonly struct EightBits : IBlockFormat
{
    public static bool IsFourBits => false;

    public static bool HasOffset => false;
}

internal readonly struct SevenBitsOffset : IBlockFormat
{
    public static bool IsFourBits => false;

    public static bool HasOffset => true;
}
