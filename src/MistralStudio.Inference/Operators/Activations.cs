using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace MistralStudio.Inference.Operators;

/// <summary>One block of 32 inputs beside its levels: <c>x = Scale * level</c>.</summary>
internal struct ActivationBlock
{
    /// <summary>The step between two levels.</summary>
    public float Scale;

    /// <summary>Sum of the 32 inputs as the levels say them, for weights with an offset.</summary>
    public float Sum;

    /// <summary>What the integer sum starts from, so that weights without a sign need no correction.</summary>
    public int Start;
}

/// <summary>Inputs of a multiplication as signed bytes.</summary>
internal static unsafe class Activations
{
    /// <summary>Writes a row of inputs as levels of 8 bits with one scale for 32 of them.</summary>
    /// <param name="zero">The level of a weight that means nothing.</param>
    /// <param name="rest">Where what the levels leave of the inputs goes; null where nobody asks.</param>
    [SkipLocalsInit]
    public static void Quantise(float* source, int columns, int zero, sbyte* levels, ActivationBlock* blocks, float* rest = null)
    {
        var sign = Vector256.Create(-0f);
        var order = Vector256.Create(0, 4, 1, 5, 2, 6, 3, 7);
        for (var column = 0; column < columns; column += PackedMatrix.Block, blocks++)
        {
            var (a, b, c, d) = (Vector256.Load(source + column), Vector256.Load(source + column + 8),
                Vector256.Load(source + column + 16), Vector256.Load(source + column + 24));
            var largest = Vector256.Max(
                Vector256.Max(Vector256.AndNot(a, sign), Vector256.AndNot(b, sign)), Vector256.Max(Vector256.AndNot(c, sign), Vector256.AndNot(d, sign)));
            var four = Vector128.Max(largest.GetLower(), largest.GetUpper());
            four = Vector128.Max(four, Vector128.Shuffle(four, Vector128.Create(2, 3, 0, 1)));
            var most = Vector128.Max(four, Vector128.Shuffle(four, Vector128.Create(1, 0, 3, 2))).ToScalar();
            var inverse = Vector256.Create(most > 0 ? 127 / most : 0);

            var (i, j) = (Avx.ConvertToVector256Int32(a * inverse), Avx.ConvertToVector256Int32(b * inverse));
            var (k, l) = (Avx.ConvertToVector256Int32(c * inverse), Avx.ConvertToVector256Int32(d * inverse));
            if (rest is not null)
            {
                var step = Vector256.Create(most / 127);
                (a - (Avx.ConvertToVector256Single(i) * step)).Store(rest + column);
                (b - (Avx.ConvertToVector256Single(j) * step)).Store(rest + column + 8);
                (c - (Avx.ConvertToVector256Single(k) * step)).Store(rest + column + 16);
                (d - (Avx.ConvertToVector256Single(l) * step)).Store(rest + column + 24);
            }

            var (ab, cd) = (Avx2.PackSignedSaturate(i, j), Avx2.PackSignedSaturate(k, l));
            var packed = Avx2.PermuteVar8x32(Avx2.PackSignedSaturate(ab, cd).AsInt32(), order).AsSByte();
            packed.Store(levels + column);

            var pairs = Avx2.MultiplyAddAdjacent(Vector256<byte>.One, packed);
            var sum = Vector256.Sum(Avx2.MultiplyAddAdjacent(pairs, Vector256<short>.One));
            blocks->Scale = most / 127;
            blocks->Sum = most / 127 * sum;
            blocks->Start = -zero * sum;
        }
    }
}
