using System.ComponentModel.DataAnnotations;

namespace MistralStudio.Inference;

/// <summary>The section <c>Inference</c> of the configuration.</summary>
public sealed class InferenceOptions : IValidatableObject
{
    public const string Section = "Inference";

    /// <summary>Threads of one step; 0 takes the machine's cores.</summary>
    [Range(0, 1024, ErrorMessage = "Inference:Threads may be 0 (all cores) to 1024.")]
    public int Threads { get; set; }

    /// <summary>
    /// Memory that all models may take together, weights and conversations, bytes; 0 takes half of the machine's (of the container's, where it has
    /// a limit). Where a model does not fit beside others, those that were used longest ago are unloaded.
    /// </summary>
    [Range(typeof(long), "0", "1125899906842624", ErrorMessage = "Inference:MemoryBytes may be 0 (half of the machine's memory) to 1125899906842624.")]
    public long MemoryBytes { get; set; }

    /// <summary>Conversations of one model that are computed together; 0 takes 8, and 16 where memory allows.</summary>
    [Range(0, 256, ErrorMessage = "Inference:Slots may be 0 (by memory) to 256.")]
    public int Slots { get; set; }

    /// <summary>
    /// Tokens of one conversation, prompt and answer together, at most what the model was trained on; 0 takes 2,048, and more where memory allows.
    /// </summary>
    [Range(0, 1 << 20, ErrorMessage = "Inference:SlotTokens may be 0 (by memory) to 1048576.")]
    public int SlotTokens { get; set; }

    /// <summary>
    /// Requests of one client that wait for a model beyond those that run, and eight times as many of all clients; more are refused with a time to
    /// try again.
    /// </summary>
    [Range(64, 1 << 16, ErrorMessage = "Inference:QueueLength may be 64 to 65536.")]
    public int QueueLength { get; set; } = 64;

    /// <summary>Ids of models that are loaded at start and stay: they are never unloaded for others.</summary>
    public IList<string> KeepWarm { get; } = [];

    /// <summary>Where the models lie that the product brings along; null finds them beside the program, or in the repository.</summary>
    public string? StarterModelsPath { get; set; }

    /// <summary>
    /// What computes chat models: <c>cpu</c>, <c>webgpu</c> (any GPU, through <see cref="WebGpuLibrary"/>), <c>cuda</c> (builds with
    /// <c>-p:Accelerator=cuda</c>), or <c>auto</c>: the first GPU that is there, else the processor.
    /// </summary>
    [RegularExpression("(?i)auto|cpu|webgpu|cuda", ErrorMessage = "Inference:Accelerator may be auto, cpu, webgpu or cuda.")]
    public string Accelerator { get; set; } = "auto";

    /// <summary>The library of ONNX Runtime's WebGPU provider; null for none.</summary>
    public string? WebGpuLibrary { get; set; }

    /// <summary>
    /// What models are computed with on an accelerator: <c>auto</c> takes float16 where the device has it and a model answers the same with it, half
    /// the memory for conversations; <c>float32</c> never does; <c>float16</c> does even where answers change, as long as they are answers.
    /// </summary>
    [RegularExpression("(?i)auto|float16|float32", ErrorMessage = "Inference:AcceleratorFloats may be auto, float16 or float32.")]
    public string AcceleratorFloats { get; set; } = "auto";

    /// <summary>Settings that only make sense together.</summary>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (WebGpuLibrary is { Length: > 0 } library && !File.Exists(library))
        {
            yield return new ValidationResult($"Inference:WebGpuLibrary is {library}, which is no file.");
        }

        if (Accelerator.Equals("webgpu", StringComparison.OrdinalIgnoreCase) && WebGpuLibrary is not { Length: > 0 })
        {
            yield return new ValidationResult("Inference:Accelerator is webgpu: Inference:WebGpuLibrary has to name the provider's library.");
        }

        if (Accelerator.Equals("cuda", StringComparison.OrdinalIgnoreCase) && !Accelerators.CudaAccelerator.IsBuiltIn)
        {
            yield return new ValidationResult("Inference:Accelerator is cuda: this build has no CUDA, one with -p:Accelerator=cuda has.");
        }
    }

    /// <summary>Memory for models, bytes.</summary>
    internal long Budget => MemoryBytes > 0 ? MemoryBytes : GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 2;

    /// <summary>Folders whose models the import offers; they are only read.</summary>
    public IList<string> ModelFolders { get; } = [];

    /// <summary>The catalogue of models that can be fetched; null finds <c>catalog.json</c> beside the starter models.</summary>
    public string? CataloguePath { get; set; }

    /// <summary>Most bytes of an imported model.</summary>
    [Range(1 << 20, long.MaxValue, ErrorMessage = "Inference:MaxModelBytes may be 1048576 or more.")]
    public long MaxModelBytes { get; set; } = 512L << 30;

    /// <summary>Threads, counted.</summary>
    internal int ThreadCount => Threads > 0 ? Threads : Environment.ProcessorCount;
}
