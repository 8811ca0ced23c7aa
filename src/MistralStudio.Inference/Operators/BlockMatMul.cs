using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using MistralStudio.Inference.Onnx;

namespace MistralStudio.Inference.Operators;

/// <summary>
/// <c>y = x W'</c> with a <see cref="PackedMatrix"/>; with <c>gated</c> the matrix has 8 rows of a gate before 8 rows of what it gates, and
/// <c>y = silu(gate) * up</c>. Inputs: <c>x [..., columns]</c> float, the matrix's bytes. Attributes: <c>columns</c>, <c>outputs</c>,
/// <c>format</c>, <c>gated</c>, <c>planes</c>: with 2 what 8 bits leave of the inputs is multiplied as 8 bits of its own, which makes 16.
/// </summary>
internal sealed unsafe class BlockMatMul(NodeAttributes attributes) : IOperatorKernel
{
    /// <summary>How the graph names it.</summary>
    public const string Name = "BlockMatMul";

    // Two for each, so that a thread which is held up does not hold up the others for long.
    private const int PartsPerThread = 2;
    private const int FewRows = 8;

    private static readonly int s_parts = Environment.ProcessorCount * PartsPerThread;

    private readonly int _columns = attributes["columns\0"u8];
    private readonly int _outputs = attributes["outputs\0"u8];
    private readonly BlockFormat _format = (BlockFormat)attributes["format\0"u8];
    private readonly bool _isFine = attributes["planes\0"u8] == 2;
    private readonly bool _gated = attributes["gated\0"u8] != 0;

    public static OperatorDefinition Definition { get; } = new(Name, [ElementType.Float, ElementType.UInt8], attributes => new BlockMatMul(attributes));

    public void Compute(in OperatorContext context)
    {
        Span<long> shape = stackalloc long[8];
        var input = context.Input<float>(0, shape, out var rank);
        var rows = 1L;
        for (var i = 0; i < rank - 1; i++)
        {
            rows *= shape[i];
        }

        shape[rank - 1] = _outputs;
        var output = context.Output(shape[..rank]);
        if (rows == 0)
        {
            return;
        }

        var groups = ((_gated ? 2 * _outputs : _outputs) + PackedMatrix.GroupRows - 1) / PackedMatrix.GroupRows;
        var blocks = _columns / PackedMatrix.Block;
        var values = context.Input<byte>(1);
        var scales = values + ((long)groups * blocks * PackedMatrix.TileBytes(_format));

        var planeBytes = (rows * _columns) + (rows * blocks * sizeof(ActivationBlock));
        using var scratch = Scratch.Rent(_isFine ? (2 * planeBytes) + (rows * _columns * sizeof(float)) : planeBytes);
        var job = new Job
        {
            Format = _format,
            Source = input,
            Zero = ZeroLevel(_format),
            Product = new BlockProduct
            {
                Values = values,
                Scales = (short*)scales,
                Offsets = (short*)scales + ((long)groups * blocks * PackedMatrix.GroupRows),
                Blocks = blocks,
                Groups = groups,
                Levels = (sbyte*)scratch.Memory,
                Inputs = (ActivationBlock*)((byte*)scratch.Memory + (rows * _columns)),
                InputRows = (int)rows,
                Target = output,
                Outputs = _outputs,
                Gated = _gated,
            },
        };
        if (_isFine)
        {
            job.Fine = job.Product;
            job.Fine.Levels = (sbyte*)scratch.Memory + planeBytes;
            job.Fine.Inputs = (ActivationBlock*)(job.Fine.Levels + (rows * _columns));
            job.Fine.Adds = true;
            job.Rest = (float*)(job.Fine.Levels + planeBytes);
        }

        if (rows <= FewRows)
        {
            QuantiseRows(&job, 0, (int)rows);
        }
        else
        {
            job.Parts = Math.Min(s_parts, (int)rows);
            context.Parallel(job.Parts, &QuantisePart, &job);
        }

        job.Parts = Math.Min(s_parts, groups);
        context.Parallel(job.Parts, &MultiplyPart, &job);
    }

    [UnmanagedCallersOnly]
    private static void QuantisePart(void* state, nuint part)
    {
        var job = (Job*)state;
        var (first, last) = job->Range(job->Product.InputRows, (int)part);
        QuantiseRows(job, first, last);
    }

    private static void QuantiseRows(Job* job, int first, int last)
    {
        var (product, fine) = (job->Product, job->Fine);
        var columns = product.Blocks * PackedMatrix.Block;
        for (var row = first; row < last; row++)
        {
            var (input, block) = ((long)row * columns, (long)row * product.Blocks);
            var rest = job->Rest is null ? null : job->Rest + input;
            Activations.Quantise(job->Source + input, columns, job->Zero, product.Levels + input, product.Inputs + block, rest);
            if (rest is not null)
            {
                Activations.Quantise(rest, columns, job->Zero, fine.Levels + input, fine.Inputs + block);
            }
        }
    }

    [UnmanagedCallersOnly]
    private static void MultiplyPart(void* state, nuint part)
    {
        var job = (Job*)state;
        var (first, last) = job->Range(job->Product.Groups, (int)part);
        Multiply(job->Format, &job->Product, first, last);
        if (job->Rest is not null)
        {
            Multiply(job->Format, &job->Fine, first, last);
        }
    }

    private static void Multiply(BlockFormat format, BlockProduct* product, int first, int last)
    {
        if (AvxVnni.IsSupported)
        {
            Multiply<VnniDot>(format, product, first, last);
        }
        else
        {
            Multiply<Avx2Dot>(format, product, first, last);
        }
    }

    private static void Multiply<TDot>(BlockFormat format, BlockProduct* product, int first, int last)
        where TDot : struct, IDotProduct
    {
        switch (format)
        {
            case BlockFormat.FourBits:
                Multiply<FourBits, TDot>(product, first, last);
                break;
            case BlockFormat.FourBitsOffset:
                Multiply<FourBitsOffset, TDot>(product, first, last);
                break;
            case BlockFormat.SevenBitsOffset:
                Multiply<SevenBitsOffset, TDot>(product, first, last);
                break;
            default:
                Multiply<EightBits, TDot>(product, first, last);
                break;
        }
    }

    private static void Multiply<TFormat, TDot>(BlockProduct* product, int first, int last)
        where TFormat : struct, IBlockFormat
        where TDot : struct, IDotProduct
    {
        if (WideKernel<TFormat>.IsSupported)
        {
            WideKernel<TFormat>.Multiply(product, first, last);
        }
        else if (WideByteKernel<TFormat>.IsSupported)
        {
            WideByteKernel<TFormat>.Multiply(product, first, last);
        }
        else
        {
            BlockKernel<TFormat, TDot>.Multiply(product, first, last);
        }
    }

    private static int ZeroLevel(BlockFormat format) => AvxVnni.IsSupported ? ZeroLevel<VnniDot>(format) : ZeroLevel<Avx2Dot>(format);

    private static int ZeroLevel<TDot>(BlockFormat format)
        where TDot : struct, IDotProduct => format switch
        {
            BlockFormat.FourBits => ZeroLevel<FourBits, TDot>(),
            BlockFormat.FourBitsOffset => ZeroLevel<FourBitsOffset, TDot>(),
            BlockFormat.SevenBitsOffset => ZeroLevel<SevenBitsOffset, TDot>(),
            _ => ZeroLevel<EightBits, TDot>(),
        };

    private static int ZeroLevel<TFormat, TDot>()
        where TFormat : struct, IBlockFormat
        where TDot : struct, IDotProduct => WideByteKernel<TFormat>.IsSupported ? WideByteKernel<TFormat>.ZeroLevel : BlockKernel<TFormat, TDot>.ZeroLevel;

    private struct Job
    {
        public BlockFormat Format;
        public float* Source;
        public int Zero;
        public int Parts;
        public BlockProduct Product;

        /// <summary>The product with what 8 bits leave of the inputs, where that is asked for.</summary>
        public BlockProduct Fine;

        /// <summary>What 8 bits leave of the inputs; null where nobody asks.</summary>
        public float* Rest;

        public readonly (int First, int Last) Range(int count, int part) => ((int)((long)count * part / Parts), (int)((long)count * (part + 1) / Parts));
    }
}
