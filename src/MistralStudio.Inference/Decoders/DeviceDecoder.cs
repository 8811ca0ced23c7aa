using Microsoft.ML.OnnxRuntime;
using MistralStudio.Inference.Accelerators;
using MistralStudio.Inference.Onnx;

namespace MistralStudio.Inference.Decoders;

/// <summary>
/// A compiled decoder on an accelerator, its weights and caches in the device's memory. The conversation whose prompt is read is staged (see
/// <see cref="DeviceArena"/>) and goes to its slot when others decode with it; a single conversation never leaves the stage.
/// </summary>
internal sealed class DeviceDecoder : IDecoder
{
    private const int NoSlot = -1;
    private const int PrefixPlace = 0;
    private const int StagePlace = 1;

    /// <summary>Tokens of a piece of a prompt that every device computes right.</summary>
    private const int SafePiece = 16;

    /// <summary>Tokens of the prompt that a device is tried with.</summary>
    private const int TrialPrompt = 64;

    /// <summary>What two right ways of computing may differ by, of the largest logit: wrong ones are off by as much as that.</summary>
    private const float TrialTolerance = 1e-3f;

    private const float HalfTrialTolerance = 3e-2f;

    private readonly DecoderShape _shape;
    private readonly Lock _turns;
    private readonly InferenceSession _session;
    private readonly DeviceArena _arena;
    private readonly RunOptions _run = new();
    private readonly long _weightBytes;
    private readonly BindingCache _bindings = new();
    private int _staged = NoSlot;
    private int _piece = int.MaxValue;

    /// <summary>Loads the graph and runs it once: the first run of each kind compiles for seconds, and that is part of loading.</summary>
    /// <exception cref="OnnxRuntimeException">The device cannot hold or compute the model.</exception>
    public DeviceDecoder(string graph, DecoderShape shape, int slots, int capacity, int threads, Accelerator accelerator)
    {
        _shape = shape;
        Slots = slots;
        Capacity = capacity;
        _turns = accelerator.Turns ?? new Lock();
        _weightBytes = new DirectoryInfo(Path.GetDirectoryName(graph)!).EnumerateFiles().Sum(file => file.Length);
        lock (_turns)
        {
            using var options = accelerator.CreateOptions(threads);
            _session = new InferenceSession(graph, options);
            try
            {
                _arena = new DeviceArena(_session, shape, slots, capacity, accelerator);
            }
            catch
            {
                _session.Dispose();
                throw;
            }
        }

        try
        {
            _piece = ReadsLongPieces() ? int.MaxValue : SafePiece;
            Decode([0], [2]);
            Decode([.. new int[slots]], [.. new int[slots]]);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public int Slots { get; }

    public int Capacity { get; }

    public bool IsBatchInvariant => false;

    public long MemoryBytes => _weightBytes + _arena.TotalBytes;

    public Span<float> Prefill(int slot, scoped ReadOnlySpan<int> tokens, int position, bool wantLogits)
    {
        lock (_turns)
        {
            if (_staged != slot)
            {
                Unstage();
                if (position > 0)
                {
                    _arena.Take(slot);
                }

                _staged = slot;
            }

            // Always one row of logits: no provider has to be ready for tensors without elements.
            for (; tokens.Length > _piece; tokens = tokens[_piece..], position += _piece)
            {
                Run(isStaged: true, rows: 1, tokens[.._piece], [position], logits: 1);
            }

            var last = Run(isStaged: true, rows: 1, tokens, [position], logits: 1);
            return wantLogits ? last : [];
        }
    }

    public Span<float> Decode(scoped ReadOnlySpan<int> tokens, scoped ReadOnlySpan<int> positions)
    {
        lock (_turns)
        {
            var isStaged = tokens.Length == 1 && _staged == 0;
            if (!isStaged && _staged < tokens.Length)
            {
                Unstage();
            }

            return Run(isStaged, rows: tokens.Length, tokens, positions, tokens.Length);
        }
    }

    public void Copy(int from, int to, int length) => Arrange((to, from));

    public void Swap(int first, int firstLength, int second, int secondLength) => Arrange((first, second), (second, first));

    public void Reset()
    {
        lock (_turns)
        {
            _bindings.Clear();
            _staged = NoSlot;
        }
    }

    public void Dispose()
    {
        lock (_turns)
        {
            _bindings.Clear();
            _arena.Dispose();
            _session.Dispose();
            _run.Dispose();
        }
    }

    // The WebGPU provider attends 32 and more new positions with a kernel that was wrong on devices with subgroups of an unusual size, SwiftShader
    // among them (https://github.com/microsoft/onnxruntime/pull/28520 mends another of its kind): a device is tried, not believed.
    private bool ReadsLongPieces()
    {
        var prompt = Enumerable.Range(0, Math.Min(TrialPrompt, Capacity)).Select(i => (int)(i * 7919L % _shape.Vocabulary)).ToArray();
        var whole = Prefill(slot: 0, prompt, position: 0, wantLogits: true).ToArray();
        _piece = SafePiece;
        var pieces = Prefill(slot: 0, prompt, position: 0, wantLogits: true);
        var (difference, largest) = (0f, 0f);
        for (var i = 0; i < whole.Length; i++)
        {
            difference = Math.Max(difference, Math.Abs(whole[i] - pieces[i]));
            largest = Math.Max(largest, Math.Abs(pieces[i]));
        }

        return difference <= (_arena.Floats == ElementType.Float16 ? HalfTrialTolerance : TrialTolerance) * Math.Max(1, largest);
    }

    private void Arrange(params ReadOnlySpan<(int Target, int Source)> moves)
    {
        lock (_turns)
        {
            Move(moves);
        }
    }

    private void Unstage()
    {
        if (_staged != NoSlot)
        {
            Move([]);
        }
    }

    // What is staged goes to its slot on the way.
    private void Move(ReadOnlySpan<(int Target, int Source)> moves)
    {
        var sources = new long[Slots];
        for (var slot = 0; slot < Slots; slot++)
        {
            sources[slot] = Source(slot);
        }

        foreach (var (target, source) in moves)
        {
            sources[target] = Source(source);
        }

        _bindings.Forget(PrefixPlace);
        _arena.Arrange(sources);
        _staged = NoSlot;

        long Source(int slot) => slot == _staged ? Slots : slot;
    }

    private Span<float> Run(bool isStaged, int rows, scoped ReadOnlySpan<int> tokens, scoped ReadOnlySpan<int> positions, int logits)
    {
        var each = tokens.Length / rows;
        var place = isStaged ? StagePlace : PrefixPlace;
        var binding = _bindings.Find(place, rows, each, logits) ?? _bindings.Keep(place, rows, each, logits, Bind(isStaged, rows, each, logits));
        binding.Fill(_shape, tokens, positions);
        binding.Upload();
        _session.RunWithBinding(_run, binding.Binding);
        binding.Binding.SynchronizeBoundOutputs();
        return binding.Logits;
    }

    private StepBinding Bind(bool isStaged, int rows, int tokens, int logits)
    {
        var binding = new StepBinding(_session, rows, tokens, logits, _shape.Vocabulary);
        for (var layer = 0; layer < _shape.Layers; layer++)
        {
            var names = DecoderGraph.CacheNames(layer);
            binding.Cache(names.PastKey, names.PresentKey, View(2 * layer));
            binding.Cache(names.PastValue, names.PresentValue, View((2 * layer) + 1));
        }

        return binding;

        OrtValue View(int plane) => isStaged ? _arena.Staged(plane) : _arena.Prefix(plane, rows);
    }
}
