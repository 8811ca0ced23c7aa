using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace MistralStudio.Inference.Decoders;

/// <summary>The memory of one shape of step, bound to the session's inputs and outputs once.</summary>
internal sealed unsafe class StepBinding : IDisposable
{
    private readonly List<OrtValue> _values = [];
    private readonly List<nint> _memory = [];
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

    public Span<long> Tokens => new(_tokens, _sizes.Rows * _sizes.Tokens);

    public Span<int> LastPositions => new(_lastPositions, _sizes.Rows);

    public Span<int> Longest => new(_longest, 1);

    public Span<long> LogitRows => new(_logitRows, _sizes.Logits);

    /// <summary>What each position's queries are multiplied with; empty where the graph does not ask.</summary>
    public Span<float> QueryScales => _queryScales is null ? [] : new(_queryScales, _sizes.Rows * _sizes.Tokens);

    public Span<float> Logits => new(_logits, _sizes.Logits * _sizes.Vocabulary);

    /// <summary>Binds one view of the arena as a cache's past and, where the graph has it, its present.</summary>
    public void Cache(string past, string? present, nint memory, long[] shape, long bytes)
    {
        var value = OrtValue.CreateTensorValueWithData(OrtMemoryInfo.DefaultInstance, TensorElementType.Float, shape, memory, bytes);
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
        Binding.BindInput(name, Allocate(type, shape, elementBytes, out var memory));
        return memory;
    }

    private OrtValue Allocate(TensorElementType type, long[] shape, int elementBytes, out void* memory)
    {
        var bytes = shape.Aggregate((long)elementBytes, (product, dimension) => product * dimension);
        memory = NativeMemory.AlignedAlloc((nuint)Math.Max(bytes, 64), 64);
        _memory.Add((nint)memory);
        var value = OrtValue.CreateTensorValueWithData(OrtMemoryInfo.DefaultInstance, type, shape, (nint)memory, bytes);
        _values.Add(value);
        return value;
    }
}
