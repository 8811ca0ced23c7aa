using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace MistralStudio.Inference.Operators;

/// <summary>What one new position brings to the attention: its queries, and its keys and values for the cache.</summary>
internal static unsafe class AttentionInputs
{
    private const int MostHeadSize = 512;

    /// <summary>Rotates the queries of one position into <see cref="AttentionStep.Queries"/> and appends its keys and values to the cache.</summary>
    /// <param name="index">Row and position, <c>row * length + position</c>.</param>
    [SkipLocalsInit]
    public static void Append(AttentionStep* step, int index)
    {
        var (row, position) = Math.DivRem(index, step->Length);
        var place = step->Lasts[row] - step->Length + 1 + position;
        var size = step->HeadSize;
        var cos = step->Cos + ((long)place * size / 2);
        var sin = step->Sin + ((long)place * size / 2);
        var source = step->Packed + ((long)index * step->Width);
        var key = stackalloc float[MostHeadSize];
        var normed = stackalloc float[MostHeadSize];
        for (var head = 0; head < step->Heads; head++, source += size)
        {
            Rotate(Normalise(source, step->QueryNorm, step->Epsilon, size, normed), step->QueryOf(row, position, head), cos, sin, size, step->Scales[place]);
        }

        for (var head = 0; head < step->KeyValueHeads; head++, source += size)
        {
            Rotate(Normalise(source, step->KeyNorm, step->Epsilon, size, normed), key, cos, sin, size, 1);
            var turned = step->KeysOf(row, head) + ((long)(place / AttentionTiles.KeyTile) * AttentionTiles.KeyTile * size) + (place % AttentionTiles.KeyTile);
            for (var d = 0; d < size; d++)
            {
                turned[d * AttentionTiles.KeyTile] = key[d];
            }
        }

        source = step->NewValues + ((long)index * step->ValueWidth);
        for (var head = 0; head < step->KeyValueHeads; head++, source += size)
        {
            Unsafe.CopyBlock(step->ValuesOf(row, head) + ((long)place * size), source, (uint)(size * sizeof(float)));
        }
    }

    // RMS norm of one head; without weights the head as it is.
    private static float* Normalise(float* head, float* weights, float epsilon, int size, float* target)
    {
        if (weights is null)
        {
            return head;
        }

        var squares = Vector512<float>.Zero;
        for (var d = 0; d < size; d += CachedAttention.Lanes)
        {
            var x = Vector512.Load(head + d);
            squares = Vector512.FusedMultiplyAdd(x, x, squares);
        }

        var inverse = Vector512.Create(1 / MathF.Sqrt((Vector512.Sum(squares) / size) + epsilon));
        for (var d = 0; d < size; d += CachedAttention.Lanes)
        {
            (Vector512.Load(head + d) * inverse * Vector512.Load(weights + d)).Store(target + d);
        }

        return target;
    }

    private static void Rotate(float* source, float* target, float* cos, float* sin, int size, float scale)
    {
        var half = size / 2;
        var factor = Vector256.Create(scale);
        var i = 0;
        for (; i <= half - 8; i += 8)
        {
            var (a, b) = (Vector256.Load(source + i) * factor, Vector256.Load(source + half + i) * factor);
            var (c, s) = (Vector256.Load(cos + i), Vector256.Load(sin + i));
            ((a * c) - (b * s)).Store(target + i);
            ((b * c) + (a * s)).Store(target + half + i);
        }

        for (; i < half; i++)
        {
            var (a, b) = (source[i] * scale, source[half + i] * scale);
            target[i] = (a * cos[i]) - (b * sin[i]);
            target[half + i] = (b * cos[i]) + (a * sin[i]);
        }
    }
}
