using System.ComponentModel.DataAnnotations;

namespace MistralStudio.Inference;

/// <summary>The section <c>Inference</c> of the configuration.</summary>
public sealed class InferenceOptions
{
    public const string Section = "Inference";

    /// <summary>Threads of one step; 0 takes the machine's cores.</summary>
    [Range(0, 1024, ErrorMessage = "Inference:Threads may be 0 (all cores) to 1024.")]
    public int Threads { get; set; }

    /// <summary>Conversations of one model that are computed together.</summary>
    [Range(1, 256, ErrorMessage = "Inference:Slots may be 1 to 256.")]
    public int Slots { get; set; } = 8;

    /// <summary>Tokens of one conversation, prompt and answer together.</summary>
    [Range(64, 1 << 20, ErrorMessage = "Inference:SlotTokens may be 64 to 1048576.")]
    public int SlotTokens { get; set; } = 2048;

    /// <summary>Requests that wait beyond those that run; more are refused with a time to try again.</summary>
    [Range(64, 1 << 16, ErrorMessage = "Inference:QueueLength may be 64 to 65536.")]
    public int QueueLength { get; set; } = 64;

    /// <summary>Ids of models that are loaded at start and stay.</summary>
    public IList<string> KeepWarm { get; } = [];

    /// <summary>Where the models lie that the product brings along; null finds them beside the program, or in the repository.</summary>
    public string? StarterModelsPath { get; set; }

    /// <summary>Threads, counted.</summary>
    internal int ThreadCount => Threads > 0 ? Threads : Environment.ProcessorCount;
}
