using MistralStudio.Inference.Operators;

namespace MistralStudio.Inference.Tests.Operators;

public sealed unsafe class CachedAttentionTests
{
    private const int Capacity = 256;
    private const int KeyValueHeads = 2;

    public static TheoryData<int, int, int, int> Shapes => new()
    {
        // head size, query heads of a key head, positions before, new positions
        { 64, 3, 0, 1 },
        { 64, 3, 150, 1 },
        { 64, 3, 0, 130 },
        { 64, 1, 63, 66 },
        { 16, 4, 7, 33 },
        { 48, 2, 64, 5 },
        { 128, 5, 100, 64 },
        { 80, 7, 31, 1 },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Output_IsSoftmaxAttentionOverRotatedHeads(int size, int group, int before, int count)
    {
        Assert.SkipUnless(OperatorLibrary.IsSupported, "This processor has no AVX2.");
        var packed = Packed(size, group, before + count);

        var output = new Room(size, group).Attend(packed, [before, count])[1];

        var expected = Naive(size, group, packed);
        var width = group * KeyValueHeads * size;
        for (var i = 0; i < output.Length; i++)
        {
            Assert.Equal(expected[(before * width) + i], output[i], 2e-4f);
        }
    }

    [Theory]
    [InlineData(64, 3)]
    [InlineData(128, 4)]
    public void Output_IsTheSameBits_HoweverThePromptIsCut(int size, int group)
    {
        Assert.SkipUnless(OperatorLibrary.IsSupported, "This processor has no AVX2.");
        var packed = Packed(size, group, 180);

        var whole = new Room(size, group).Attend(packed, [180])[0];
        var pieces = new Room(size, group).Attend(packed, [17, 64, 1, 1, 97]);

        Assert.Equal(whole, pieces.SelectMany(piece => piece));
    }

    [Theory]
    [InlineData(64, 3, 70, 0, 180)]
    [InlineData(16, 4, 1, 40, 33)]
    [InlineData(48, 2, 8, 130, 1)]
    [InlineData(64, 1, 64, 63, 66)]
    [InlineData(64, 1, 500, 63, 66)]
    public void AWindow_HidesAllButTheLastPositions_HoweverThePromptIsCut(int size, int group, int window, int before, int count)
    {
        Assert.SkipUnless(OperatorLibrary.IsSupported, "This processor has no AVX2.");
        var packed = Packed(size, group, before + count);

        var output = new Room(size, group, window).Attend(packed, [before, count])[1];
        var pieces = new Room(size, group, window).Attend(packed, [before, .. Enumerable.Repeat(1, count)]).Skip(1).SelectMany(piece => piece);

        var expected = Naive(size, group, packed, window);
        for (var i = 0; i < output.Length; i++)
        {
            Assert.Equal(expected[(before * group * KeyValueHeads * size) + i], output[i], 2e-4f);
        }

        Assert.Equal(output, pieces);
    }

    private static float[] Packed(int size, int group, int positions)
    {
        var random = new Random((size * 31) + group);
        return [.. Enumerable.Range(0, positions * (group + 2) * KeyValueHeads * size).Select(_ => (random.NextSingle() - 0.5f) * 4)];
    }

    private static (float Cos, float Sin) Rotation(int size, int position, int i)
    {
        var (sin, cos) = Math.SinCos(position * Math.Pow(10_000, -2.0 * i / size));
        return ((float)cos, (float)sin);
    }

    private static double[] Rotated(float[] packed, int offset, int size, int position)
    {
        var turned = new double[size];
        for (var i = 0; i < size / 2; i++)
        {
            var (cos, sin) = Rotation(size, position, i);
            var (a, b) = (packed[offset + i], packed[offset + (size / 2) + i]);
            turned[i] = ((double)a * cos) - ((double)b * sin);
            turned[(size / 2) + i] = ((double)b * cos) + ((double)a * sin);
        }

        return turned;
    }

    private static float[] Naive(int size, int group, float[] packed, int window = int.MaxValue)
    {
        var heads = group * KeyValueHeads;
        var width = (heads + (2 * KeyValueHeads)) * size;
        var positions = packed.Length / width;
        var output = new float[positions * heads * size];
        for (var position = 0; position < positions; position++)
        {
            for (var head = 0; head < heads; head++)
            {
                var query = Rotated(packed, (position * width) + (head * size), size, position);
                var scores = new double[position + 1];
                for (var t = 0; t <= position; t++)
                {
                    var key = Rotated(packed, (t * width) + ((heads + (head / group)) * size), size, t);
                    scores[t] = position - t < window ? query.Zip(key, (a, b) => a * b).Sum() / Math.Sqrt(size) : double.NegativeInfinity;
                }

                var most = scores.Max();
                var weights = scores.Select(score => Math.Exp(score - most)).ToArray();
                for (var d = 0; d < size; d++)
                {
                    var sum = weights.Select((weight, t) => weight * packed[(t * width) + ((heads + KeyValueHeads + (head / group)) * size) + d]).Sum();
                    output[(((position * heads) + head) * size) + d] = (float)(sum / weights.Sum());
                }
            }
        }

        return output;
    }

    /// <summary>A cache of one conversation, and the steps of the operator without a session around them.</summary>
    private sealed class Room(int size, int group, int window = 0)
    {
        private readonly float[] _keys = Garbage(size);
        private readonly float[] _values = Garbage(size);

        public List<float[]> Attend(float[] packed, int[] counts)
        {
            var heads = group * KeyValueHeads;
            var width = (heads + (2 * KeyValueHeads)) * size;
            var (cos, sin) = (new float[Capacity * size / 2], new float[Capacity * size / 2]);
            for (var i = 0; i < cos.Length; i++)
            {
                (cos[i], sin[i]) = Rotation(size, i / (size / 2), i % (size / 2));
            }

            var scales = Enumerable.Repeat(1 / MathF.Sqrt(size), Capacity).ToArray();
            var outputs = new List<float[]>();
            var done = 0;
            foreach (var count in counts)
            {
                var (output, queries, lasts) = (new float[count * heads * size], new float[count * heads * size], new[] { done + count - 1 });
                if (count > 0)
                {
                    fixed (float* p = packed, k = _keys, v = _values, c = cos, s = sin, f = scales, o = output, q = queries)
                    fixed (int* l = lasts)
                    {
                        var step = new AttentionStep
                        {
                            Packed = p + (done * width), Width = width, NewValues = p + (done * width) + ((heads + KeyValueHeads) * size), ValueWidth = width, Keys = k, Values = v, Lasts = l, Cos = c, Sin = s, Queries = q, Output = o,
                            Batch = 1, Length = count, Heads = heads, KeyValueHeads = KeyValueHeads, HeadSize = size, Capacity = Capacity,
                            Scales = f, Window = window, HeadsOfPart = group,
                        };
                        Run(&step, count);
                    }
                }

                outputs.Add(output);
                done += count;
            }

            return outputs;
        }

        private static void Run(AttentionStep* step, int count)
        {
            for (var i = 0; i < count; i++)
            {
                AttentionInputs.Append(step, i);
            }

            for (var head = 0; head < step->Heads; head += step->HeadsOfPart)
            {
                for (var first = 0; first < count; first += 32)
                {
                    AttentionTiles.Attend(step, 0, head, step->HeadsOfPart, first, Math.Min(32, count - first));
                }
            }
        }

        // What another conversation left in the slot.
        private static float[] Garbage(int size) => [.. Enumerable.Range(0, KeyValueHeads * Capacity * size).Select(i => (float)(i % 13) - 6)];
    }
}
