using System.Diagnostics;
using MistralStudio.Tests.Shared;

namespace MistralStudio.Inference.Tests.Accelerators;

/// <summary>
/// A GPU that a program plays: SwiftShader, which Debian's package <c>chromium</c> has. The provider and the driver read the environment that the
/// process was started with, so tests on it run in a process of their own, started by <see cref="SoftwareGpuTests"/>.
/// </summary>
internal static class SoftwareGpu
{
    private const string Driver = "/usr/lib/chromium/vk_swiftshader_icd.json";
    private const string Allowed = "ORT_WEBGPU_EP_ALLOW_SOFTWARE_ADAPTER";

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(10);

    /// <summary>The provider's library; skips the running test where it, or the driver, is absent.</summary>
    public static string Library
    {
        get
        {
            Assert.SkipUnless(OperatingSystem.IsLinux() && File.Exists(Driver), "SwiftShader is not here: it comes with Debian's package chromium.");
            return SharedData.Require("gpu", "libonnxruntime_providers_webgpu.so");
        }
    }

    /// <summary>Skips the running test in a process that was not started for it.</summary>
    public static string RequireOwnProcess()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable(Allowed) == "1", "Runs in a process of its own, started by another test.");
        return Library;
    }

    /// <summary>Runs a class of tests in a process that sees the software GPU; returns its exit code and what it said.</summary>
    public static async Task<(int ExitCode, string Output)> RunAsync(Type tests, CancellationToken cancellationToken)
    {
        _ = Library;
        var start = new ProcessStartInfo(Environment.ProcessPath!, ["-class", tests.FullName!, "-noColor"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment =
            {
                [Allowed] = "1",
                ["VK_DRIVER_FILES"] = Driver,
                // The Vulkan loader lies beside the driver where Debian's libvulkan1 is not installed.
                ["LD_LIBRARY_PATH"] = Path.GetDirectoryName(Driver),
            },
        };
        using var process = Process.Start(start)!;
        try
        {
            var (output, error) = (process.StandardOutput.ReadToEndAsync(cancellationToken), process.StandardError.ReadToEndAsync(cancellationToken));
            await process.WaitForExitAsync(cancellationToken).WaitAsync(s_patience, cancellationToken);
            return (process.ExitCode, await output + await error);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }
}
