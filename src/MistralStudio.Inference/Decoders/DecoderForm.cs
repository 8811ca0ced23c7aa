using MistralStudio.Inference.Onnx;
using MistralStudio.Inference.Operators;

namespace MistralStudio.Inference.Decoders;

/// <summary>Whose operators multiply the big matrices of a decoder's graph.</summary>
internal enum DecoderForm
{
    /// <summary>ONNX Runtime's <c>MatMulNBits</c>, which every processor and accelerator has.</summary>
    NBits,

    /// <summary>Our own, for x86 processors with AVX2: weights exactly as the file has them.</summary>
    Packed,

    /// <summary>The same with activations as they are: for accelerators, where 8-bit ones save little and cost answers.</summary>
    Device,

    /// <summary>The same in float16, for accelerators that have it: half the memory for conversations, and less to read at each step.</summary>
    DeviceHalf,
}

/// <summary>Which form suits this machine.</summary>
internal static class DecoderForms
{
    /// <summary>The fastest form that this machine's processor can run.</summary>
    public static DecoderForm OfThisMachine => OperatorLibrary.IsSupported ? DecoderForm.Packed : DecoderForm.NBits;

    /// <summary>The form for a device that computes with floats of this type.</summary>
    public static DecoderForm OnDevice(ElementType floats) => floats == ElementType.Float16 ? DecoderForm.DeviceHalf : DecoderForm.Device;
}
