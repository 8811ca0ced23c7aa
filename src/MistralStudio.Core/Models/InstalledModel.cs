namespace MistralStudio.Core.Models;

/// <summary>What a model is for.</summary>
public enum ModelTask
{
    /// <summary>Continues a conversation.</summary>
    Chat,

    /// <summary>Turns text into a vector.</summary>
    Embedding,

    /// <summary>Scores how well a text answers a question.</summary>
    Reranking,
}

/// <summary>Where a model on this machine stands.</summary>
public enum ModelState
{
    /// <summary>On disk; loads on first use.</summary>
    OnDisk,

    /// <summary>Being verified, compiled or loaded.</summary>
    Loading,

    /// <summary>In memory, answers at once.</summary>
    Ready,

    /// <summary>Cannot be used; <see cref="InstalledModel.Error"/> says why.</summary>
    Failed,
}

/// <summary>A model on this machine and what a person should know before choosing it.</summary>
public sealed record InstalledModel
{
    /// <summary>The local id of a <see cref="ModelReference"/>.</summary>
    public required string Id { get; init; }

    /// <summary>The name for people: "SmolLM2 135M Instruct".</summary>
    public required string Name { get; init; }

    /// <summary>What it is for.</summary>
    public required ModelTask Task { get; init; }

    /// <summary>Where it stands.</summary>
    public required ModelState State { get; init; }

    /// <summary>Why <see cref="State"/> is <see cref="ModelState.Failed"/>; otherwise null.</summary>
    public Error? Error { get; init; }

    /// <summary>True for the models that the product brings along; the chat one is for trying out, not for work.</summary>
    public bool IsStarter { get; init; }

    /// <summary>Architecture as its file names it: <c>llama</c>, <c>bert</c>.</summary>
    public string Architecture { get; init; } = "";

    /// <summary>How its weights are stored: <c>Q4_1</c>, <c>F16</c>.</summary>
    public string Quantisation { get; init; } = "";

    /// <summary>What is done to its weights on this machine beyond reading them, one sentence each: "Q6_K is requantised to 8 bits."</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>What computes it, for a person: "CPU", "WebGPU, NVIDIA"; empty before it was loaded.</summary>
    public string Device { get; init; } = "";

    /// <summary>Why <see cref="Device"/> is not the accelerator that the settings ask for; null where it is, or none is asked for.</summary>
    public Error? DeviceReason { get; init; }

    /// <summary>The floats that the accelerator computes it with: "float16", "float32"; empty on the processor and before it was loaded.</summary>
    public string Precision { get; init; } = "";

    /// <summary>Why <see cref="Precision"/> is float32, where float16 would take half the memory for conversations; null where it is float16.</summary>
    public Error? PrecisionReason { get; init; }

    /// <summary>Number of parameters.</summary>
    public long Parameters { get; init; }

    /// <summary>Size of its files, bytes.</summary>
    public long FileBytes { get; init; }

    /// <summary>Memory it takes now, bytes; 0 where it is not loaded.</summary>
    public long MemoryBytes { get; init; }

    /// <summary>Tokens that one conversation can hold here (slot size, not the model's own limit).</summary>
    public int ContextLength { get; init; }

    /// <summary>Length of an embedding; 0 for a chat model.</summary>
    public int Dimensions { get; init; }

    /// <summary>SPDX id of its licence.</summary>
    public string Licence { get; init; } = "";

    /// <summary>Where its files came from.</summary>
    public string Origin { get; init; } = "";

    /// <summary>SHA-256 of its weights when they were imported, lower-case hex; empty where they were put here by hand.</summary>
    public string Sha256 { get; init; } = "";

    /// <summary>When it was imported; null where it was put here by hand.</summary>
    public DateTimeOffset? InstalledAt { get; init; }

    /// <summary>Requests running and waiting now.</summary>
    public int ActiveRequests { get; init; }

    /// <summary>Those of <see cref="ActiveRequests"/> that wait for a place.</summary>
    public int WaitingRequests { get; init; }

    /// <summary>Requests that ended since the process started.</summary>
    public long AnsweredRequests { get; init; }

    /// <summary>Last measured decode speed of one conversation, tokens a second; null before the first answer.</summary>
    public double? TokensPerSecond { get; init; }
}
