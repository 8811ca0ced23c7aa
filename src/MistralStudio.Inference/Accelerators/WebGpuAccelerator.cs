using Microsoft.ML.OnnxRuntime;
using MistralStudio.Core;

namespace MistralStudio.Inference.Accelerators;

/// <summary>
/// The WebGPU provider of ONNX Runtime, a library of its own that is loaded at run time. A device that is listed may still refuse a session:
/// see <see cref="AcceleratorProbe"/>.
/// </summary>
internal sealed class WebGpuAccelerator : Accelerator
{
    private const string Registration = "mistralstudio.webgpu";
    private const string Provider = "WebGpuExecutionProvider";

    // Sessions share one device context and crash side by side: https://github.com/microsoft/onnxruntime/issues/32561
    private static readonly Lock s_turns = new();
    private static readonly Lock s_registering = new();
    private static string? s_registered;

    private readonly OrtEpDevice _device;

    private WebGpuAccelerator(OrtEpDevice device)
    {
        _device = device;
        var hardware = device.HardwareDevice;
        IsSoftware = hardware.Type == OrtHardwareDeviceType.CPU;
        Name = $"WebGPU, {(IsSoftware ? "software" : hardware.Vendor is { Length: > 0 } vendor ? vendor : "GPU")}";
    }

    public override AcceleratorKind Kind => AcceleratorKind.WebGpu;

    public override string Name { get; }

    public override Lock Turns => s_turns;

    // Not the device's own description of its memory: the managed wrapper frees that, though it belongs to the provider.
    public override OrtMemoryInfo Memory { get; } = new("WebGPU_Buffer", OrtAllocatorType.DeviceAllocator, 0, OrtMemType.Default);

    /// <summary>True where a program plays the GPU: of use for tests alone.</summary>
    public bool IsSoftware { get; }

    /// <summary>Loads the provider's library, once in the life of the process, and takes its first device.</summary>
    public static Result<WebGpuAccelerator> Open(string library, bool isStrict = false)
    {
        lock (s_registering)
        {
            try
            {
                var environment = OrtEnv.Instance();
                if (s_registered is null)
                {
                    environment.RegisterExecutionProviderLibrary(Registration, Path.GetFullPath(library));
                    s_registered = library;
                }

                var device = environment.GetEpDevices().FirstOrDefault(device => device.EpName == Provider);
                return device is null ? AcceleratorErrors.NoDevice() : new WebGpuAccelerator(device) { IsStrict = isStrict };
            }
            catch (Exception failure) when (failure is OnnxRuntimeException or IOException or ArgumentException)
            {
                return AcceleratorErrors.LibraryRefused(library, failure.Message);
            }
        }
    }

    // Compiled shaders outlive the last session, so that a model which is loaded again starts warm.
    protected override void Append(SessionOptions options) =>
        options.AppendExecutionProvider(OrtEnv.Instance(), [_device], new Dictionary<string, string> { ["preserveDevice"] = "1" });
}
