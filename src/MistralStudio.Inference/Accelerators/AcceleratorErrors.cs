using System.Text.RegularExpressions;
using MistralStudio.Core;

namespace MistralStudio.Inference.Accelerators;

/// <summary>Why a model is computed on the processor though another device was wished for.</summary>
internal static partial class AcceleratorErrors
{
    public const string HalfRefusedCode = "accelerator.float16_refused";

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

    public static Error SingleIsSet() => new(
        "accelerator.float32_is_set", "Inference:AcceleratorFloats is float32.", "With auto a device that has float16 computes with it.");

    public static Error NoHalf(string device, string reason) => new(
        "accelerator.no_float16", $"{device} does not compute in float16: {FirstLine(reason)}.", "Float32 takes twice the memory for conversations; answers are as good.");

    /// <summary>One model, on a device that has float16: it is loaded in float32 instead.</summary>
    public static Error HalfRefused(string device, string reason) => new(
        HalfRefusedCode, $"The model does not run in float16 on {device}: {FirstLine(reason)}.", "Float32 takes twice the memory for conversations; answers are as good.");

    // Native messages go on for lines, and what failed stands behind where it did:
    // [ErrorCode:Fail] Non-zero status code returned while running Cast node. Name:'x' Status Message: shader_helper.cc:416 Generate Program Cast requires f16
    private static string FirstLine(string reason) => Place().Replace(reason.Trim().Split('\n')[0], "").Trim().TrimEnd('.');

    [GeneratedRegex(@"^(\[ErrorCode:\w+\] ?)?(.*Status Message: ?(\S+:\d+ \S+ )?)?", RegexOptions.CultureInvariant)]
    private static partial Regex Place();
}
