using System.Diagnostics;
using MistralStudio.Tests.Shared;

namespace MistralStudio.E2E.Tests.Process;

/// <summary>What a build from a clone says where the machine lacks what it needs.</summary>
public sealed class BuildTests : IDisposable
{
    private readonly string _programs = Directory.CreateTempSubdirectory("studio-programs-").FullName;

    [Theory]
    [InlineData(null)]
    [InlineData("v18.19.0")]
    public async Task ABuild_SaysInOneLineWhichNodeItNeeds_WhereThereIsNone(string? version)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The stand-in for Node is a shell script.");
        File.CreateSymbolicLink(Path.Combine(_programs, "sh"), "/bin/sh");
        if (version is not null && !OperatingSystem.IsWindows())
        {
            var node = Path.Combine(_programs, "node");
            await File.WriteAllTextAsync(node, $"#!/bin/sh\necho {version}\n", TestContext.Current.CancellationToken);
            File.SetUnixFileMode(node, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }

        var project = Path.Combine(SharedData.Root, "src", "MistralStudio.Web", "MistralStudio.Web.csproj");
        var build = new ProcessStartInfo(FindDotnet())
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            ArgumentList = { "msbuild", project, "-t:FindNode", "-nologo", "-v:q", "-nodeReuse:false" },
        };
        build.Environment["PATH"] = _programs;
        using var process = System.Diagnostics.Process.Start(build)!;
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var said = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken) + await errors;
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Equal(1, process.ExitCode);
        var line = Assert.Single(said.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries), line => line.Length > 0);
        Assert.Contains("Node.js 20 or newer is needed to build the pages: install it from https://nodejs.org, then build again.", line, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_programs, recursive: true);

    private static string FindDotnet() => Environment.GetEnvironmentVariable("PATH")!.Split(Path.PathSeparator)
        .Select(folder => Path.Combine(folder, "dotnet")).First(File.Exists);
}
