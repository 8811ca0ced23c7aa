using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace MistralStudio.Inference.Decoders;

/// <summary>The memory of one shape of step, bound to the session's inputs and outputs once.</summary>
internal sealed unsafe class StepBinding : IDisposable
{
    private readonly List<OrtValue> _values = [];
    private readonly List<nint> _memory = [];
    private readonly List<(string Name, OrtValue Value)> _inputs = [];
    private readonly long* _tokens;
    private readonly int* _lastPositions;
    private readonly int* _longest;
    private readonly long* _logitRows;
    private readonly float* _logits;
    private readonly float* _queryScales;
    private readonly (int Rows, int Tokens, int Logits, int Vocabulary) _sizes;

    public StepBinding(InferenceSession session, int rows, int tokens, int logits, int vocabulary)
    {
        _sizes = (rows, tokens, logits, vocabulary);
        Binding = session.CreateIoBinding();
        _tokens = (long*)Input("input_ids", TensorElementType.Int64, [rows, tokens], sizeof(long));
        _lastPositions = (int*)Input("seqlens_k", TensorElementType.Int32, [rows], sizeof(int));
        _longest = (int*)Input("total_sequence_length", TensorElementType.Int32, [1], sizeof(int));
        _logitRows = (long*)Input("logit_rows", TensorElementType.Int64, [logits], sizeof(long));
        if (session.InputMetadata.ContainsKey(DecoderGraph.QueryScales))
        {
            _queryScales = (float*)Input(DecoderGraph.QueryScales, TensorElementType.Float, [rows, tokens, 1], sizeof(float));
        }

        var value = Allocate(TensorElementType.Float, [logits, vocabulary], sizeof(float), out var memory);
        _logits = (float*)memory;
        Binding.BindOutput("logits", value);
    }

    public OrtIoBinding Binding { get; }

    private Span<long> Tokens => new(_tokens, _sizes.Rows * _sizes.Tokens);

    private Span<int> LastPositions => new(_lastPositions, _sizes.Rows);

    private Span<int> Longest => new(_longest, 1);

    private Span<long> LogitRows => new(_logitRows, _sizes.Logits);

    /// <summary>What each position's queries are multiplied with; empty where the graph does not ask.</summary>
    private Span<float> QueryScales => _queryScales is null ? [] : new(_queryScales, _sizes.Rows * _sizes.Tokens);

    public Span<float> Logits => new(_logits, _sizes.Logits * _sizes.Vocabulary);

    /// <summary>Says what a step computes: each row's tokens and the position of its first one; logits after its last.</summary>
    public void Fill(DecoderShape shape, ReadOnlySpan<int> tokens, ReadOnlySpan<int> positions)
    {
        for (var i = 0; i < tokens.Length; i++)
        {
            Tokens[i] = tokens[i];
        }

        var longest = 0;
        for (var row = 0; row < _sizes.Rows; row++)
        {
            LastPositions[row] = positions[row] + _sizes.Tokens - 1;
            longest = Math.Max(longest, positions[row] + _sizes.Tokens);
            for (var i = 0; i < _sizes.Tokens && shape.Temperature is { } temperature && !QueryScales.IsEmpty; i++)
            {
                QueryScales[(row * _sizes.Tokens) + i] = temperature.At(positions[row] + i);
            }
        }

        Longest[0] = longest;
        for (var i = 0; i < _sizes.Logits; i++)
        {
            LogitRows[i] = tokens.Length - _sizes.Logits + i;
        }
    }

    /// <summary>Binds the inputs again: what a device reads is copied to it when it is bound.</summary>
    public void Upload()
    {
        foreach (var (name, value) in _inputs)
        {
            Binding.BindInput(name, value);
        }
    }

    /// <summary>Binds a view of an arena, which is disposed of with this, as a cache's past and, where the graph has it, its present.</summary>
    public void Cache(string past, string? present, OrtValue value)
    {
        _values.Add(value);
        Binding.BindInput(past, value);
        if (present is not null)
        {
            Binding.BindOutput(present, value);
        }
    }

    public void Dispose()
    {
        Binding.Dispose();
        _values.ForEach(value => value.Dispose());
        foreach (var memory in _memory)
        {
            NativeMemory.AlignedFree((void*)memory);
        }
    }

    private void* Input(string name, TensorElementType type, long[] shape, int elementBytes)
    {
        var value = Allocate(type, shape, elementBytes, out var memory);
        Binding.BindInput(name, value);
        _inputs.Add((name, value));
        return memory;
    }

    private OrtValue Allocate(TensorElementType type, long[] shape, int elementBytes, out void* memory)
    {
        var bytes = shape.Aggregate((long)elementBytes, (product, dimension) => product * dimension);
        memory = NativeMemory.AlignedAlloc((nuint)Math.Max(bytes, 64), 64);
        _memory.Add((nint)memory);
        var value = OrtValue.CreateTensorValueWithData(DeviceArena.Processor, type, shape, (nint)memory, bytes);
        _values.Add(value);
        return value;
    }
}
