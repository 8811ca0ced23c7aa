using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace MistralStudio.Inference.Operators;

/// <summary>What the kernels that hold all 16 rows of a group in a register have in common.</summary>
internal static unsafe class WideLanes
{
    /// <summary>Four neighbouring inputs, in every lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<sbyte> Inputs(int* levels) => Vector512.Create(*levels).AsSByte();

    /// <summary><c>a * b + sum</c>, rounded once.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> MultiplyAdd(Vector512<float> a, Vector512<float> b, Vector512<float> sum) => Vector512.FusedMultiplyAdd(a, b, sum);

    /// <summary>16 float16 numbers, none of them infinite, as float32: the bits in their new places are off by the difference of the exponents' biases.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Half16(short* source) =>
        ((Avx512F.ConvertToVector512Int32(Vector256.Load(source)) << 13) & Vector512.Create(unchecked((int)0x8FFFE000))).AsSingle() * Vector512.Create(5.192297e33f);
}
