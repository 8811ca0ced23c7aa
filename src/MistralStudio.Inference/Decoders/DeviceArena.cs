using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using MistralStudio.Inference.Accelerators;
using MistralStudio.Inference.Onnx;
using static MistralStudio.Inference.Onnx.Attributes;

namespace MistralStudio.Inference.Decoders;

/// <summary>
/// Keys and values of every conversation in a device's memory: for each layer two planes <c>[slot, kvHead, capacity, headSize]</c>, and a
/// staged slot <c>[1, ...]</c> beside each. A device's memory is a handle, not an address: what does not begin at a plane's start cannot be
/// bound. So one conversation at a time is staged while its prompt is read, and slots change places by a graph that writes the plane anew.
/// </summary>
internal sealed class DeviceArena : IDisposable
{
    /// <summary>
    /// The processor's memory. Not the runtime's default instance: that is marked as memory which a device writes, and the WebGPU provider ends the
    /// process on it.
    /// </summary>
    public static readonly OrtMemoryInfo Processor = new("Cpu", OrtAllocatorType.DeviceAllocator, 0, OrtMemType.Default);

    private readonly Accelerator _accelerator;
    private readonly OrtAllocator _allocator;
    private readonly OrtMemoryInfo _memory;
    private readonly List<OrtMemoryAllocation> _planes = [];
    private readonly List<OrtMemoryAllocation> _staged = [];
    private readonly InferenceSession _arrange;
    private readonly InferenceSession _take;
    private readonly RunOptions _run = new();
    private readonly long[] _rowShape;
    private readonly int _slots;
    private OrtMemoryAllocation _spare;

    /// <exception cref="OnnxRuntimeException">The device has too little memory, or cannot compute the graphs.</exception>
    public DeviceArena(InferenceSession session, DecoderShape shape, int slots, int capacity, Accelerator accelerator)
    {
        _accelerator = accelerator;
        _slots = slots;
        _memory = accelerator.Memory;
        Floats = DecoderGraph.CacheFloats(session);
        _rowShape = [shape.KeyValueHeads, capacity, shape.HeadSize];
        _allocator = new OrtAllocator(session, _memory);
        for (var plane = 0; plane < 2 * shape.Layers; plane++)
        {
            _planes.Add(Allocate(slots));
            _staged.Add(Allocate(1));
        }

        _spare = Allocate(slots);
        (_arrange, _take) = (Load(staged: true), Load(staged: false));
    }

    /// <summary>What keys and values are stored in: what the graph's caches are.</summary>
    public ElementType Floats { get; }

    /// <summary>Bytes of all planes.</summary>
    public long TotalBytes => RowBytes * ((_planes.Count * (_slots + 1L)) + _slots);

    private long RowBytes => _rowShape.Aggregate((long)Floats.FloatBytes(), (product, dimension) => product * dimension);

    /// <summary>The first rows of the plane of a layer's keys (2 * layer) or values (2 * layer + 1).</summary>
    public OrtValue Prefix(int plane, int rows) => View(_planes[plane], rows);

    /// <summary>The staged slot of a plane.</summary>
    public OrtValue Staged(int plane) => View(_staged[plane], 1);

    /// <summary>Stages a slot.</summary>
    public void Take(int slot)
    {
        for (var plane = 0; plane < _planes.Count; plane++)
        {
            Run(_take, plane, [slot], _staged[plane]);
        }
    }

    /// <summary>Puts slots in a new order; every view of a plane is void after it.</summary>
    /// <param name="sources">For each slot the one whose contents it gets; the number of slots stands for what is staged.</param>
    public void Arrange(long[] sources)
    {
        for (var plane = 0; plane < _planes.Count; plane++)
        {
            Run(_arrange, plane, sources, _spare);
            (_planes[plane], _spare) = (_spare, _planes[plane]);
        }
    }

    public void Dispose()
    {
        _arrange.Dispose();
        _take.Dispose();
        _run.Dispose();
        foreach (var memory in (OrtMemoryAllocation[])[.. _planes, .. _staged, _spare])
        {
            memory.Dispose();
        }

        _allocator.Dispose();
    }

    private OrtMemoryAllocation Allocate(int rows) => _allocator.Allocate(checked((uint)(rows * RowBytes)));

    private OrtValue View(OrtMemoryAllocation memory, int rows) =>
        OrtValue.CreateTensorValueWithData(_memory, (TensorElementType)Floats, [rows, .. _rowShape], memory.DangerousGetHandle(), rows * RowBytes);

    private void Run(InferenceSession session, int plane, long[] sources, OrtMemoryAllocation target)
    {
        using var binding = session.CreateIoBinding();
        using var rows = View(_planes[plane], _slots);
        using var staged = View(_staged[plane], 1);
        using var indices = OrtValue.CreateTensorValueFromMemory<long>(Processor, sources.AsMemory(), [sources.Length]);
        using var output = View(target, sources.Length);
        binding.BindInput("rows", rows);
        binding.BindInput("sources", indices);
        if (session == _arrange)
        {
            binding.BindInput("staged", staged);
        }

        binding.BindOutput("arranged", output);
        session.RunWithBinding(_run, binding);
        binding.SynchronizeBoundOutputs();
    }

    private InferenceSession Load(bool staged)
    {
        var folder = Directory.CreateTempSubdirectory("mistralstudio-arena-").FullName;
        try
        {
            var path = Path.Combine(folder, "arena.onnx");
            using (var weights = new WeightFile(Path.Combine(folder, "arena.weights")))
            {
                var graph = new GraphBuilder("arena", weights);
                graph.Input("rows", Floats, "B", _rowShape[0], _rowShape[1], _rowShape[2]);
                graph.Input("sources", ElementType.Int64, "N");
                var rows = "rows";
                if (staged)
                {
                    graph.Input("staged", Floats, 1, _rowShape[0], _rowShape[1], _rowShape[2]);
                    rows = graph.Node("Concat", "all", ["rows", "staged"], Int("axis", 0));
                }

                graph.Node("Gather", "arranged", [rows, "sources"], Int("axis", 0));
                graph.Output("arranged", Floats, "N", _rowShape[0], _rowShape[1], _rowShape[2]);
                graph.Save(path);
            }

            using var options = _accelerator.CreateOptions(threads: 1);
            return new InferenceSession(path, options);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
