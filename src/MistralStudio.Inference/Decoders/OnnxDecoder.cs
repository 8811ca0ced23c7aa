using Microsoft.ML.OnnxRuntime;
using MistralStudio.Inference.Operators;

namespace MistralStudio.Inference.Decoders;

/// <summary>
/// A compiled decoder on ONNX Runtime. Each (slot, rows, tokens) shape has its bindings made once: past and present are one view of the arena,
/// so the attention kernel appends in place.
/// </summary>
internal sealed class OnnxDecoder : IDecoder
{
    private readonly DecoderShape _shape;
    private readonly InferenceSession _session;
    private readonly SlotArena _arena;
    private readonly bool _hasPresents;
    private readonly RunOptions _run = new();
    private readonly long _weightBytes;
    private readonly BindingCache _bindings = new();

    /// <exception cref="OnnxRuntimeException">The graph cannot be loaded.</exception>
    public OnnxDecoder(string graph, DecoderShape shape, int slots, int capacity, int threads)
    {
        _shape = shape;
        Slots = slots;
        Capacity = capacity;
        _weightBytes = new DirectoryInfo(Path.GetDirectoryName(graph)!).EnumerateFiles().Sum(file => file.Length);
        using var options = SessionSettings.Create(threads);
        if (OperatorLibrary.IsSupported)
        {
            OperatorLibrary.AddTo(options);
        }

        _session = new InferenceSession(graph, options);
        _hasPresents = _session.OutputNames.Count > 1;
        _arena = new SlotArena(shape, slots, capacity, DecoderGraph.CacheFloats(_session));
    }

    public int Slots { get; }

    public int Capacity { get; }

    public bool IsBatchInvariant => !_hasPresents;

    public long MemoryBytes => _weightBytes + _arena.TotalBytes;

    public long TouchedBytes => _weightBytes + _arena.TouchedBytes;

    public Span<float> Prefill(int slot, scoped ReadOnlySpan<int> tokens, int position, bool wantLogits) =>
        Run(slot, rows: 1, tokens, [position], wantLogits ? 1 : 0);

    public Span<float> Decode(scoped ReadOnlySpan<int> tokens, scoped ReadOnlySpan<int> positions) =>
        Run(first: 0, rows: tokens.Length, tokens, positions, tokens.Length);

    /// <summary>Logits after every token of a prompt in slot 0, <c>[tokens, vocabulary]</c>: for measuring, not for serving.</summary>
    public Span<float> Score(scoped ReadOnlySpan<int> tokens) => Run(first: 0, rows: 1, tokens, [0], tokens.Length);

    public void Copy(int from, int to, int length) => _arena.Copy(from, to, length);

    public void Swap(int first, int firstLength, int second, int secondLength)
    {
        if (firstLength == 0 || secondLength == 0)
        {
            var (from, to) = secondLength == 0 ? (first, second) : (second, first);
            _arena.Copy(from, to, Math.Max(firstLength, secondLength));
            return;
        }

        _arena.Swap(first, second, Math.Max(firstLength, secondLength));
    }

    public void Reset() => _bindings.Clear();

    public void Dispose()
    {
        Reset();
        _session.Dispose();
        _run.Dispose();
        _arena.Dispose();
    }

    private Span<float> Run(int first, int rows, scoped ReadOnlySpan<int> tokens, scoped ReadOnlySpan<int> positions, int logits)
    {
        var each = tokens.Length / rows;
        var binding = _bindings.Find(first, rows, each, logits) ?? _bindings.Keep(first, rows, each, logits, Bind(first, rows, each, logits));
        binding.Fill(_shape, tokens, positions);
        for (var row = 0; row < rows; row++)
        {
            _arena.Touch(first + row, positions[row] + each);
        }

        _session.RunWithBinding(_run, binding.Binding);
        return binding.Logits;
    }

    private StepBinding Bind(int first, int rows, int tokens, int logits)
    {
        var binding = new StepBinding(_session, rows, tokens, logits, _shape.Vocabulary);
        for (var layer = 0; layer < _shape.Layers; layer++)
        {
            var names = DecoderGraph.CacheNames(layer);
            binding.Cache(names.PastKey, _hasPresents ? names.PresentKey : null, _arena.View(2 * layer, first, rows));
            binding.Cache(names.PastValue, _hasPresents ? names.PresentValue : null, _arena.View((2 * layer) + 1, first, rows));
        }

        return binding;
    }
}
