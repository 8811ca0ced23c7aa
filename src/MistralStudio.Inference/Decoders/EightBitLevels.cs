using System.Numerics.Tensors;
using MistralStudio.Inference.Gguf;

namespace MistralStudio.Inference.Decoders;

/// <summary>
/// One row of a tensor as <c>w = Scales[b] * (Levels[i] - 128)</c>. Levels of types without an offset are kept as they are, those of types with
/// one nearly so (see <see cref="Spread"/>); other numbers are rounded to 127 levels of their block's largest.
/// </summary>
/// <param name="hasHalfScales">True where scales are stored as float16: numbers are then rounded to levels of what is stored.</param>
internal sealed class EightBitLevels(int columns, bool hasHalfScales)
{
    private const int Block = BlockMatrix.Block;

    private readonly AffineRow _affine = new(columns);
    private readonly float[] _floats = new float[columns];

    /// <summary>The levels.</summary>
    public byte[] Levels { get; } = new byte[columns];

    /// <summary>What one level is worth, one number a block.</summary>
    public float[] Scales { get; } = new float[columns / Block];

    /// <summary>Takes a row as it is stored.</summary>
    public void Read(GgmlType type, ReadOnlySpan<byte> source)
    {
        var count = AffineRow.LevelsOf(type);
        if (count == 0)
        {
            Dequantisation.Row(type, source, _floats);
            Round();
            return;
        }

        _affine.Read(type, source);
        if (count == 256)
        {
            _affine.Levels.CopyTo(Levels, 0);
            _affine.Steps.CopyTo(Scales, 0);
            return;
        }

        Span<int> places = stackalloc int[count];
        for (var b = 0; b < Scales.Length; b++)
        {
            Scales[b] = Spread(_affine.Steps[b], _affine.Offsets[b], places);
            for (var i = b * Block; i < (b + 1) * Block; i++)
            {
                Levels[i] = (byte)(places[_affine.Levels[i]] + 128);
            }
        }
    }

    /// <summary>
    /// Eight-bit places of the weights <c>step * q + offset</c>, and their scale. With scale step / k a step of q is k steps of ours, exactly; of
    /// the k that fit into 8 bits the one is taken that puts the offset nearest to a whole step. Rounding to the block's largest weight would
    /// lose as much as the 8-bit activations do; this loses next to nothing.
    /// </summary>
    /// <param name="places">A place for each q.</param>
    internal static float Spread(float step, float offset, Span<int> places)
    {
        var highest = places.Length - 1;
        var (best, error) = (0, float.MaxValue);
        for (var k = 1; k <= 255 / highest && step != 0; k++)
        {
            var place = offset * k / step;
            var (first, last) = (MathF.Round(place), MathF.Round(place) + (highest * k));
            var miss = MathF.Abs(place - first) / k;
            if (first >= -128 && last <= 127 && miss < error)
            {
                (best, error) = (k, miss);
            }
        }

        // A block of one value, or one whose values all lie far on one side of zero: rounded like any other.
        var largest = MathF.Max(MathF.Abs(offset), MathF.Abs(offset + (highest * step)));
        var scale = best > 0 ? step / best : largest / 127;
        var origin = best > 0 ? MathF.Round(offset * best / step) : 0;
        for (var q = 0; q < places.Length; q++)
        {
            places[q] = best > 0 ? (int)origin + (best * q) : scale == 0 ? 0 : (int)MathF.Round((offset + (step * q)) / scale);
        }

        return scale;
    }

    private void Round()
    {
        for (var b = 0; b < Scales.Length; b++)
        {
            var block = _floats.AsSpan(b * Block, Block);
            var largest = MathF.Abs(TensorPrimitives.MaxMagnitude<float>(block));
            Scales[b] = hasHalfScales ? (float)(Half)(largest / 127) : largest / 127;
            var inverse = Scales[b] == 0 ? 0 : 1 / Scales[b];
            for (var j = 0; j < Block; j++)
            {
                Levels[(b * Block) + j] = (byte)(Math.Clamp((int)MathF.Round(block[j] * inverse), -128, 127) + 128);
            }
        }
    }
}
