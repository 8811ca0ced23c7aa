using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace MistralStudio.Inference.Operators;

/// <summary>The instructions that multiply bytes, as a type, so that the kernels are compiled for each by itself. All give the same sums.</summary>
internal interface IDotProduct
{
    /// <summary>Whether weights may use all 8 bits; otherwise a pair of products must fit into 16 bits.</summary>
    static abstract bool TakesFullBytes { get; }

    /// <summary>Adds to each 32-bit lane the four products of its bytes.</summary>
    static abstract Vector256<int> Add(Vector256<int> sum, Vector256<byte> weights, Vector256<sbyte> inputs);
}

/// <summary>One instruction, of processors with VNNI.</summary>
internal readonly struct VnniDot : IDotProduct
{
    public static bool TakesFullBytes => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Add(Vector256<int> sum, Vector256<byte> weights, Vector256<sbyte> inputs) =>
        AvxVnni.MultiplyWideningAndAdd(sum, weights, inputs);
}

/// <summary>Three instructions, of every processor with AVX2.</summary>
internal readonly struct Avx2Dot : IDotProduct
{
    public static bool TakesFullBytes => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Add(Vector256<int> sum, Vector256<byte> weights, Vector256<sbyte> inputs) =>
        sum + Avx2.MultiplyAddAdjacent(Avx2.MultiplyAddAdjacent(weights, inputs), Vector256<short>.One);
}
