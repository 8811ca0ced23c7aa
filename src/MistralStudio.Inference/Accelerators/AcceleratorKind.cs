namespace MistralStudio.Inference.Accelerators;

/// <summary>What multiplies.</summary>
internal enum AcceleratorKind
{
    /// <summary>The processor.</summary>
    Cpu,

    /// <summary>Any GPU over Vulkan, D3D12 or Metal, through a provider that is loaded at run time.</summary>
    WebGpu,

    /// <summary>An NVIDIA GPU, in builds that were made for it.</summary>
    Cuda,
}
