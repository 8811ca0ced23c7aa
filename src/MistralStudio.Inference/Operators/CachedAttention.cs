using System.Runtime.InteropServices;
using MistralStudio.Inference.Onnx;

namespace MistralStudio.Inference.Operators;

/// <summary>
/// Attention of new positions to a conversation: normalises queries and keys head by head where it has weights for that, rotates them, appends
/// keys and values to the cache in place, attends. Inputs: <c>qkv [B, S, (heads + 2 kvHeads) * headSize]</c>, <c>keys</c> and <c>values [B,
/// kvHeads, capacity, headSize]</c> (keys turned, see <see cref="AttentionTiles"/>), <c>lasts [B]</c> int32 (a row's last position after this
/// step), <c>cos</c> and <c>sin [capacity, headSize / 2]</c>, <c>scales [capacity]</c> (what the queries of a position are multiplied with);
/// optional <c>q_norm</c> and <c>k_norm [headSize]</c>, and <c>v [B, S, kvHeads * headSize]</c> where the first input has queries and keys only.
/// Output <c>[B, S, heads * headSize]</c>. Attributes: <c>heads</c>, <c>kv_heads</c>, <c>window</c> (how many positions a query sees, its own
/// included; 0 for all), <c>epsilon</c> of the norms.
/// </summary>
/// <remarks>A row's output depends on nothing but its own conversation, whatever else is in the batch and however its prompt is cut.</remarks>
internal sealed unsafe class CachedAttention(NodeAttributes attributes) : IOperatorKernel
{
    /// <summary>How the graph names it.</summary>
    public const string Name = "CachedAttention";

    /// <summary>Head sizes are multiples of this.</summary>
    public const int Lanes = 16;

    private const int FewRows = 8;
    private const int QueriesOfPart = 32;

    private static readonly int s_threads = Environment.ProcessorCount;

    private readonly int _heads = attributes["heads\0"u8];
    private readonly int _keyValueHeads = attributes["kv_heads\0"u8];
    private readonly int _window = attributes["window\0"u8];
    private readonly float _epsilon = attributes.Real("epsilon\0"u8);

    public static OperatorDefinition Definition { get; } = new(
        Name,
        [
            ElementType.Float, ElementType.Float, ElementType.Float, ElementType.Int32, ElementType.Float, ElementType.Float, ElementType.Float,
            ElementType.Float, ElementType.Float, ElementType.Float,
        ],
        attributes => new CachedAttention(attributes),
        Optional: 3);

    public void Compute(in OperatorContext context)
    {
        Span<long> shape = stackalloc long[4];
        var packed = context.Input<float>(0, shape, out _);
        var (batch, length, width) = ((int)shape[0], (int)shape[1], (int)shape[2]);
        var keys = context.Input<float>(1, shape, out _);
        var (capacity, headSize) = ((int)shape[2], (int)shape[3]);
        ArgumentOutOfRangeException.ThrowIfNotEqual(capacity % AttentionTiles.KeyTile, 0, nameof(capacity));
        var output = context.Output([batch, length, _heads * headSize]);

        var values = context.OptionalInput<float>(9);
        var rows = batch * length;
        var scratch = Scratch.Rent((long)rows * _heads * headSize * sizeof(float));
        using (scratch)
        {
            var step = new AttentionStep
            {
                Packed = packed,
                Width = width,
                NewValues = values is null ? packed + ((_heads + _keyValueHeads) * headSize) : values,
                ValueWidth = values is null ? width : _keyValueHeads * headSize,
                Keys = keys,
                Values = context.Input<float>(2),
                Lasts = context.Input<int>(3),
                Cos = context.Input<float>(4),
                Sin = context.Input<float>(5),
                Queries = (float*)scratch.Memory,
                Output = output,
                Batch = batch,
                Length = length,
                Heads = _heads,
                KeyValueHeads = _keyValueHeads,
                HeadSize = headSize,
                Capacity = capacity,
                Scales = context.Input<float>(6),
                QueryNorm = context.OptionalInput<float>(7),
                KeyNorm = context.OptionalInput<float>(8),
                Epsilon = _epsilon,
                Window = _window,
            };

            if (rows <= FewRows)
            {
                for (var row = 0; row < rows; row++)
                {
                    AttentionInputs.Append(&step, row);
                }
            }
            else
            {
                context.Parallel(rows, &AppendPart, &step);
            }

            if (length == 1)
            {
                // One part for the query heads that share keys, or for each where that leaves threads idle.
                step.HeadsOfPart = batch * _keyValueHeads >= 2 * s_threads ? _heads / _keyValueHeads : 1;
                context.Parallel(batch * _heads / step.HeadsOfPart, &DecodePart, &step);
            }
            else
            {
                step.QueryParts = (length + QueriesOfPart - 1) / QueriesOfPart;
                context.Parallel(batch * _keyValueHeads * step.QueryParts, &PrefillPart, &step);
            }
        }
    }

    [UnmanagedCallersOnly]
    private static void AppendPart(void* state, nuint part) => AttentionInputs.Append((AttentionStep*)state, (int)part);

    [UnmanagedCallersOnly]
    private static void DecodePart(void* state, nuint part)
    {
        var step = (AttentionStep*)state;
        var (row, heads) = Math.DivRem((int)part, step->Heads / step->HeadsOfPart);
        AttentionTiles.Attend(step, row, heads * step->HeadsOfPart, step->HeadsOfPart, firstQuery: 0, queries: 1);
    }

    [UnmanagedCallersOnly]
    private static void PrefillPart(void* state, nuint part)
    {
        var step = (AttentionStep*)state;
        var (rest, queries) = Math.DivRem((int)part, step->QueryParts);
        var (row, head) = Math.DivRem(rest, step->KeyValueHeads);
        var first = queries * QueriesOfPart;
        var group = step->Heads / step->KeyValueHeads;
        AttentionTiles.Attend(step, row, head * group, group, first, Math.Min(QueriesOfPart, step->Length - first));
    }
}

/// <summary>One call, as the threads that share it see it.</summary>
internal unsafe struct AttentionStep
{
    public float* Packed;
    public int Width;

    /// <summary>The new positions' values, <see cref="ValueWidth"/> apart.</summary>
    public float* NewValues;

    public int ValueWidth;
    public float* Keys;
    public float* Values;
    public int* Lasts;
    public float* Cos;
    public float* Sin;

    /// <summary>Rotated queries, <c>[batch, length, heads, headSize]</c>.</summary>
    public float* Queries;

    public float* Output;
    public int Batch;
    public int Length;
    public int Heads;
    public int KeyValueHeads;
    public int HeadSize;
    public int Capacity;

    /// <summary>What the queries of a position are multiplied with.</summary>
    public float* Scales;

    /// <summary>Weights of the norm of each head's queries; null for none.</summary>
    public float* QueryNorm;

    /// <summary>Weights of the norm of each head's keys; null for none.</summary>
    public float* KeyNorm;

    public float Epsilon;

    /// <summary>How many positions a query sees, its own included; 0 for all.</summary>
    public int Window;

    public int HeadsOfPart;
    public int QueryParts;

    public readonly float* KeysOf(int row, int head) => Keys + ((((long)row * KeyValueHeads) + head) * Capacity * HeadSize);

    public readonly float* ValuesOf(int row, int head) => Values + ((((long)row * KeyValueHeads) + head) * Capacity * HeadSize);

    public readonly float* QueryOf(int row, int position, int head) => Queries + (((((long)row * Length) + position) * Heads) + head) * HeadSize;

    public readonly float* OutputOf(int row, int position, int head) => Output + (((((long)row * Length) + position) * Heads) + head) * HeadSize;
}
