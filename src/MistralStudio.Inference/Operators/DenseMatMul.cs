using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using MistralStudio.Inference.Onnx;

namespace MistralStudio.Inference.Operators;

/// <summary>
/// <c>y = x W'</c> in float32, for models so small that rounding them would save nothing; with <c>gated</c> the first half of the matrix's rows
/// are gates of the second, and <c>y = silu(gate) * up</c>. Inputs: <c>x [..., columns]</c>, <c>W [rows, columns]</c>. Attribute: <c>gated</c>.
/// Sums are taken in one order for however many inputs, so that a row's outputs do not depend on what else is in the batch.
/// </summary>
internal sealed unsafe class DenseMatMul(NodeAttributes attributes) : IOperatorKernel
{
    /// <summary>How the graph names it.</summary>
    public const string Name = "DenseMatMul";

    private static readonly int s_parts = Environment.ProcessorCount;

    private readonly bool _gated = attributes["gated\0"u8] != 0;

    public static OperatorDefinition Definition { get; } = new(Name, [ElementType.Float, ElementType.Float], attributes => new DenseMatMul(attributes));

    public void Compute(in OperatorContext context)
    {
        Span<long> shape = stackalloc long[8];
        var weights = context.Input<float>(1, shape, out _);
        var outputs = (int)shape[0] / (_gated ? 2 : 1);
        var input = context.Input<float>(0, shape, out var rank);
        var columns = (int)shape[rank - 1];
        var rows = 1L;
        for (var i = 0; i < rank - 1; i++)
        {
            rows *= shape[i];
        }

        shape[rank - 1] = outputs;
        var job = new Job
        {
            Input = input,
            Weights = weights,
            Output = context.Output(shape[..rank]),
            Rows = rows,
            Columns = columns,
            Outputs = outputs,
            Gated = _gated,
        };
        if (rows > 0)
        {
            context.Parallel(s_parts, &Part, &job);
        }
    }

    [UnmanagedCallersOnly]
    private static void Part(void* state, nuint part)
    {
        var job = (Job*)state;
        var last = (int)((long)job->Outputs * ((int)part + 1) / s_parts);
        for (var output = (int)((long)job->Outputs * (int)part / s_parts); output < last; output++)
        {
            var weights = job->Weights + ((long)output * job->Columns);
            for (long row = 0; row < job->Rows; row++)
            {
                var input = job->Input + (row * job->Columns);
                var sum = Dot(input, weights, job->Columns);
                if (job->Gated)
                {
                    sum = sum / (1 + MathF.Exp(-sum)) * Dot(input, weights + ((long)job->Outputs * job->Columns), job->Columns);
                }

                job->Output[(row * job->Outputs) + output] = sum;
            }
        }
    }

    // Columns are a multiple of 32.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Dot(float* a, float* b, int columns)
    {
        var (even, odd) = (Vector512<float>.Zero, Vector512<float>.Zero);
        for (var i = 0; i < columns; i += 32)
        {
            even = Vector512.FusedMultiplyAdd(Vector512.Load(a + i), Vector512.Load(b + i), even);
            odd = Vector512.FusedMultiplyAdd(Vector512.Load(a + i + 16), Vector512.Load(b + i + 16), odd);
        }

        return Vector512.Sum(even + odd);
    }

    private struct Job
    {
        public float* Input;
        public float* Weights;
        public float* Output;
        public long Rows;
        public int Columns;
        public int Outputs;
        public bool Gated;
    }
}
