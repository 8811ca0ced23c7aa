using Microsoft.ML.OnnxRuntime;
using MistralStudio.Inference.Decoders;

namespace MistralStudio.Inference.Accelerators;

/// <summary>A device that runs graphs, and how sessions on it are made.</summary>
internal abstract class Accelerator
{
    /// <summary>What kind of device it is.</summary>
    public abstract AcceleratorKind Kind { get; }

    /// <summary>What the device is called, for a person: "WebGPU, NVIDIA".</summary>
    public abstract string Name { get; }

    /// <summary>Taken around every run where the device stands one at a time only; null where sessions may run side by side.</summary>
    public virtual Lock? Turns => null;

    /// <summary>True fails a session that would compute any node on the processor: for tests, where a silent fallback would pass.</summary>
    public bool IsStrict { get; init; }

    /// <summary>Where the device's tensors live.</summary>
    public abstract OrtMemoryInfo Memory { get; }

    /// <summary>Options of a session on this device.</summary>
    /// <exception cref="OnnxRuntimeException">The device refuses.</exception>
    public SessionOptions CreateOptions(int threads) => CreateOptions(threads, IsStrict);

    /// <inheritdoc cref="CreateOptions(int)"/>
    /// <param name="isStrict">True fails the session where a node would be computed on the processor.</param>
    public SessionOptions CreateOptions(int threads, bool isStrict)
    {
        var options = SessionSettings.Create(threads);
        if (isStrict)
        {
            options.AddSessionConfigEntry("session.disable_cpu_ep_fallback", "1");
        }

        Append(options);
        return options;
    }

    /// <summary>Puts the device before the processor.</summary>
    protected abstract void Append(SessionOptions options);
}
