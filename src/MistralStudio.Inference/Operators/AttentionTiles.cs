using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace MistralStudio.Inference.Operators;

/// <summary>
/// Attention of new positions: tiles of queries against tiles of keys with a running softmax (Dao et al., FlashAttention, 2022), so that the
/// matrix of scores never exists. Tiles of keys stand at fixed positions and every sum is taken in one order, so that an output is the same bits
/// whether its position came alone or in whatever chunk of a prompt.
/// </summary>
/// <remarks>
/// Keys are kept turned, <c>[capacity / 64, headSize, 64]</c>: a vector register holds one number of 16 positions, and a score is never summed
/// across lanes. Values are <c>[capacity, headSize]</c>.
/// </remarks>
internal static unsafe class AttentionTiles
{
    /// <summary>Positions of a tile of keys.</summary>
    public const int KeyTile = 4 * Lanes;

    private const int Lanes = CachedAttention.Lanes;
    private const int RowTile = 4;

    /// <summary>Attends some positions of one row with some query heads that share one key head.</summary>
    [SkipLocalsInit]
    public static void Attend(AttentionStep* step, int row, int firstHead, int heads, int firstQuery, int queries)
    {
        var size = step->HeadSize;
        var rows = heads * queries;
        using var scratch = Scratch.Rent(((2L * rows * size) + ((long)RowTile * KeyTile) + (2L * rows)) * sizeof(float));

        // Rows are (query, head): the last query of some rows is known from the last of them.
        var q = (float*)scratch.Memory;
        var output = q + ((long)rows * size);
        var scores = output + ((long)rows * size);
        var most = scores + (RowTile * KeyTile);
        var sums = most + rows;
        new Span<float>(output, rows * size).Clear();
        new Span<float>(most, rows).Fill(float.NegativeInfinity);
        new Span<float>(sums, rows).Clear();
        for (var i = 0; i < rows; i++)
        {
            var (query, head) = Math.DivRem(i, heads);
            Unsafe.CopyBlock(q + ((long)i * size), step->QueryOf(row, firstQuery + query, firstHead + head), (uint)(size * sizeof(float)));
        }

        var start = step->Lasts[row] - step->Length + 1 + firstQuery;
        var keyHead = firstHead / (step->Heads / step->KeyValueHeads);
        var keys = step->KeysOf(row, keyHead);
        var values = step->ValuesOf(row, keyHead);
        var end = start + queries;

        // The first position that a query sees is this many before its own; tiles before that of the oldest query are passed over.
        var back = step->Window > 0 ? step->Window - 1 : end;
        var firstTile = Math.Max(0, start - back) / KeyTile * KeyTile;
        keys += (long)firstTile * size;
        values += (long)firstTile * size;
        for (var t = firstTile; t < end; t += KeyTile, keys += (long)KeyTile * size, values += (long)KeyTile * size)
        {
            var count = Math.Min(KeyTile, end - t);
            for (var i = 0; i < rows;)
            {
                var together = rows - i >= RowTile ? RowTile : 1;
                if (start + ((i + together - 1) / heads) < t || start + (i / heads) - back >= t + KeyTile)
                {
                    // The newest query of these rows sees nothing of this tile, or the oldest nothing any more: neither do the others.
                    i += together;
                    continue;
                }

                if (together == RowTile)
                {
                    Score(q + ((long)i * size), keys, size, scores);
                }
                else
                {
                    ScoreOne(q + ((long)i * size), keys, size, scores);
                }

                for (var r = 0; r < together; r++)
                {
                    var position = start + ((i + r) / heads) - t;
                    var (hidden, visible) = (Math.Clamp(position - back, 0, KeyTile), Math.Clamp(position + 1, 0, KeyTile));
                    Weigh(scores + (r * KeyTile), hidden, visible, most + i + r, sums + i + r, output + ((long)(i + r) * size), size);
                }

                if (together == RowTile)
                {
                    Mix(scores, values, count, size, output + ((long)i * size));
                }
                else
                {
                    MixOne(scores, values, count, size, output + ((long)i * size));
                }

                i += together;
            }
        }

        for (var i = 0; i < rows; i++)
        {
            var (query, head) = Math.DivRem(i, heads);
            var target = step->OutputOf(row, firstQuery + query, firstHead + head);
            var inverse = Vector512.Create(1 / sums[i]);
            for (var d = 0; d < size; d += Lanes)
            {
                (Vector512.Load(output + ((long)i * size) + d) * inverse).Store(target + d);
            }
        }
    }

    // Scores of 4 rows with a tile of keys.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Score(float* q, float* turned, int size, float* scores)
    {
        var (a0, a1, a2, a3) = (Vector512<float>.Zero, Vector512<float>.Zero, Vector512<float>.Zero, Vector512<float>.Zero);
        var (b0, b1, b2, b3) = (a0, a0, a0, a0);
        var (c0, c1, c2, c3) = (a0, a0, a0, a0);
        var (d0, d1, d2, d3) = (a0, a0, a0, a0);
        for (var i = 0; i < size; i++, turned += KeyTile)
        {
            var (k0, k1, k2, k3) = (Vector512.Load(turned), Vector512.Load(turned + Lanes), Vector512.Load(turned + (2 * Lanes)), Vector512.Load(turned + (3 * Lanes)));
            var x = Vector512.Create(q[i]);
            a0 = Vector512.FusedMultiplyAdd(x, k0, a0);
            a1 = Vector512.FusedMultiplyAdd(x, k1, a1);
            a2 = Vector512.FusedMultiplyAdd(x, k2, a2);
            a3 = Vector512.FusedMultiplyAdd(x, k3, a3);
            x = Vector512.Create(q[size + i]);
            b0 = Vector512.FusedMultiplyAdd(x, k0, b0);
            b1 = Vector512.FusedMultiplyAdd(x, k1, b1);
            b2 = Vector512.FusedMultiplyAdd(x, k2, b2);
            b3 = Vector512.FusedMultiplyAdd(x, k3, b3);
            x = Vector512.Create(q[(2 * size) + i]);
            c0 = Vector512.FusedMultiplyAdd(x, k0, c0);
            c1 = Vector512.FusedMultiplyAdd(x, k1, c1);
            c2 = Vector512.FusedMultiplyAdd(x, k2, c2);
            c3 = Vector512.FusedMultiplyAdd(x, k3, c3);
            x = Vector512.Create(q[(3 * size) + i]);
            d0 = Vector512.FusedMultiplyAdd(x, k0, d0);
            d1 = Vector512.FusedMultiplyAdd(x, k1, d1);
            d2 = Vector512.FusedMultiplyAdd(x, k2, d2);
            d3 = Vector512.FusedMultiplyAdd(x, k3, d3);
        }

        Store(scores, a0, a1, a2, a3);
        Store(scores + KeyTile, b0, b1, b2, b3);
        Store(scores + (2 * KeyTile), c0, c1, c2, c3);
        Store(scores + (3 * KeyTile), d0, d1, d2, d3);
    }

    // As above for one row, in the same order.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ScoreOne(float* q, float* turned, int size, float* scores)
    {
        var (a0, a1, a2, a3) = (Vector512<float>.Zero, Vector512<float>.Zero, Vector512<float>.Zero, Vector512<float>.Zero);
        for (var i = 0; i < size; i++, turned += KeyTile)
        {
            var x = Vector512.Create(q[i]);
            a0 = Vector512.FusedMultiplyAdd(x, Vector512.Load(turned), a0);
            a1 = Vector512.FusedMultiplyAdd(x, Vector512.Load(turned + Lanes), a1);
            a2 = Vector512.FusedMultiplyAdd(x, Vector512.Load(turned + (2 * Lanes)), a2);
            a3 = Vector512.FusedMultiplyAdd(x, Vector512.Load(turned + (3 * Lanes)), a3);
        }

        Store(scores, a0, a1, a2, a3);
    }

    // Scores of one row to weights, those before the hidden-th and from the visible-th on to none; what was summed before is scaled to the new largest score.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Weigh(float* scores, int hidden, int visible, float* most, float* sum, float* output, int size)
    {
        for (var t = visible; t < KeyTile; t++)
        {
            scores[t] = float.NegativeInfinity;
        }

        for (var t = 0; t < hidden; t++)
        {
            scores[t] = float.NegativeInfinity;
        }

        if (hidden >= visible)
        {
            new Span<float>(scores, KeyTile).Clear();
            return;
        }

        var (s0, s1, s2, s3) = (Vector512.Load(scores), Vector512.Load(scores + Lanes), Vector512.Load(scores + (2 * Lanes)), Vector512.Load(scores + (3 * Lanes)));
        var four = Vector512.Max(Vector512.Max(s0, s1), Vector512.Max(s2, s3));
        var two = Vector256.Max(four.GetLower(), four.GetUpper());
        var one = Vector128.Max(two.GetLower(), two.GetUpper());
        var largest = MathF.Max(MathF.Max(MathF.Max(one[0], one[1]), MathF.Max(one[2], one[3])), *most);
        var shift = Vector512.Create(largest);
        (s0, s1, s2, s3) = (Vector512.Exp(s0 - shift), Vector512.Exp(s1 - shift), Vector512.Exp(s2 - shift), Vector512.Exp(s3 - shift));
        Store(scores, s0, s1, s2, s3);
        var before = *most == largest ? 1 : MathF.Exp(*most - largest);
        *sum = (*sum * before) + Vector512.Sum(s0 + s1 + s2 + s3);
        *most = largest;
        if (before != 1)
        {
            var factor = Vector512.Create(before);
            for (var d = 0; d < size; d += Lanes)
            {
                (Vector512.Load(output + d) * factor).Store(output + d);
            }
        }
    }

    // Adds the weighted values of a tile to the outputs of 4 rows.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Mix(float* weights, float* values, int count, int size, float* output)
    {
        for (var d = 0; d < size; d += 2 * Lanes)
        {
            var isPair = d + Lanes < size;
            var second = isPair ? Lanes : 0;
            var o = output + d;
            var (a0, b0, c0, d0) = (Vector512.Load(o), Vector512.Load(o + size), Vector512.Load(o + (2 * size)), Vector512.Load(o + (3 * size)));
            var (a1, b1, c1, d1) = (Vector512.Load(o + second), Vector512.Load(o + size + second), Vector512.Load(o + (2 * size) + second), Vector512.Load(o + (3 * size) + second));
            var value = values + d;
            for (var t = 0; t < count; t++, value += size)
            {
                var (v0, v1) = (Vector512.Load(value), Vector512.Load(value + second));
                var w = Vector512.Create(weights[t]);
                a0 = Vector512.FusedMultiplyAdd(w, v0, a0);
                a1 = Vector512.FusedMultiplyAdd(w, v1, a1);
                w = Vector512.Create(weights[KeyTile + t]);
                b0 = Vector512.FusedMultiplyAdd(w, v0, b0);
                b1 = Vector512.FusedMultiplyAdd(w, v1, b1);
                w = Vector512.Create(weights[(2 * KeyTile) + t]);
                c0 = Vector512.FusedMultiplyAdd(w, v0, c0);
                c1 = Vector512.FusedMultiplyAdd(w, v1, c1);
                w = Vector512.Create(weights[(3 * KeyTile) + t]);
                d0 = Vector512.FusedMultiplyAdd(w, v0, d0);
                d1 = Vector512.FusedMultiplyAdd(w, v1, d1);
            }

            a0.Store(o);
            b0.Store(o + size);
            c0.Store(o + (2 * size));
            d0.Store(o + (3 * size));
            if (isPair)
            {
                a1.Store(o + Lanes);
                b1.Store(o + size + Lanes);
                c1.Store(o + (2 * size) + Lanes);
                d1.Store(o + (3 * size) + Lanes);
            }
        }
    }

    // As above for one row, in the same order.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MixOne(float* weights, float* values, int count, int size, float* output)
    {
        var d = 0;
        for (; d <= size - KeyTile; d += KeyTile)
        {
            var o = output + d;
            var (a0, a1, a2, a3) = (Vector512.Load(o), Vector512.Load(o + Lanes), Vector512.Load(o + (2 * Lanes)), Vector512.Load(o + (3 * Lanes)));
            var value = values + d;
            for (var t = 0; t < count; t++, value += size)
            {
                var w = Vector512.Create(weights[t]);
                a0 = Vector512.FusedMultiplyAdd(w, Vector512.Load(value), a0);
                a1 = Vector512.FusedMultiplyAdd(w, Vector512.Load(value + Lanes), a1);
                a2 = Vector512.FusedMultiplyAdd(w, Vector512.Load(value + (2 * Lanes)), a2);
                a3 = Vector512.FusedMultiplyAdd(w, Vector512.Load(value + (3 * Lanes)), a3);
            }

            Store(o, a0, a1, a2, a3);
        }

        for (; d < size; d += Lanes)
        {
            var sum = Vector512.Load(output + d);
            for (var t = 0; t < count; t++)
            {
                sum = Vector512.FusedMultiplyAdd(Vector512.Create(weights[t]), Vector512.Load(values + ((long)t * size) + d), sum);
            }

            sum.Store(output + d);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(float* target, Vector512<float> a, Vector512<float> b, Vector512<float> c, Vector512<float> d)
    {
        a.Store(target);
        b.Store(target + Lanes);
        c.Store(target + (2 * Lanes));
        d.Store(target + (3 * Lanes));
    }
}
