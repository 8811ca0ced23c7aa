using MistralStudio.Core;
using MistralStudio.Inference.Onnx;

namespace MistralStudio.Inference.Accelerators;

/// <summary>The floats that models are computed with on a device, and why not the short ones.</summary>
/// <param name="Type">float16 or float32: scales of weights, activations and conversations.</param>
/// <param name="Reason">Why it is float32 where float16 would be half as large; null where it is float16.</param>
internal sealed record DeviceFloats(ElementType Type, Error? Reason)
{
    private const string Half = "float16";
    private const string Single = "float32";

    /// <summary>For the processor, whose conversations are float32 in any case.</summary>
    public static DeviceFloats Processor { get; } = new(ElementType.Float, null);

    /// <summary>The name for a person: "float16".</summary>
    public string Name => Type == ElementType.Float16 ? Half : Single;

    /// <summary>What a device computes with before a model was tried.</summary>
    /// <param name="setting"><c>Inference:AcceleratorFloats</c>.</param>
    /// <param name="tryDevice">Computes in float16 on the device and says why it cannot; null where it can. Not asked where float32 is set.</param>
    public static DeviceFloats Choose(string setting, Func<Error?> tryDevice) =>
        setting.Equals(Single, StringComparison.OrdinalIgnoreCase) ? new(ElementType.Float, AcceleratorErrors.SingleIsSet())
        : tryDevice() is { } refusal ? new(ElementType.Float, refusal)
        : new(ElementType.Float16, null);

    /// <summary>Whether the operator wants float16 even where a model's answers change by more than rounding should.</summary>
    public static bool IsForced(string setting) => setting.Equals(Half, StringComparison.OrdinalIgnoreCase);
}
