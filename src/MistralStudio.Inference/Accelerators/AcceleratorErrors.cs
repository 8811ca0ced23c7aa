using MistralStudio.Core;

namespace MistralStudio.Inference.Accelerators;

/// <summary>Why a model is computed on the processor though another device was wished for.</summary>
internal static class AcceleratorErrors
{
    private const string CheckIt = "\"doctor --accelerator\" tries it; deploy/README.md says what it needs.";

    public static Error NoLibrary() => new(
        "accelerator.no_library", "Inference:WebGpuLibrary does not name the WebGPU provider's library.", CheckIt);

    public static Error LibraryRefused(string library, string reason) => new(
        "accelerator.library_refused", $"The WebGPU provider {Path.GetFileName(library)} cannot be loaded: {FirstLine(reason)}.", CheckIt);

    public static Error NoDevice() => new(
        "accelerator.no_device", "The WebGPU provider finds no GPU.", CheckIt);

    public static Error NotBuilt() => new(
        "accelerator.not_built", "This build has no CUDA.", "Build it again with -p:Accelerator=cuda, or set Inference:Accelerator to webgpu.");

    public static Error Refused(string device, string reason) => new(
        "accelerator.refused", $"{device} is there and does not compute: {FirstLine(reason)}.", CheckIt);

    public static Error DoesNotFit(string device, string reason) => new(
        "accelerator.does_not_fit", $"The model does not run on {device}: {FirstLine(reason)}.", "Lower Inference:Slots or Inference:SlotTokens, or take a smaller model.");

    // Native messages go on for lines.
    private static string FirstLine(string reason) => reason.Trim().Split('\n')[0].Trim().TrimEnd('.');
}
