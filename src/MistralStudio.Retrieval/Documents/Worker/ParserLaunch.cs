using System.Diagnostics;
using System.Globalization;
using System.Reflection;

namespace MistralStudio.Retrieval.Documents.Worker;

/// <summary>How the child is started: the program that hosts us, once more, with <see cref="ParserLoop.Command"/>.</summary>
internal sealed record ParserLaunch(string Program, IReadOnlyList<string> Arguments)
{
    // All that a child may know of its parent's surroundings; settings and secrets are not among it.
    private static readonly string[] s_inherited =
        ["PATH", "HOME", "TMPDIR", "TEMP", "TMP", "LANG", "LC_ALL", "DOTNET_ROOT", "LD_LIBRARY_PATH", "TESSDATA_PREFIX", "SystemRoot", "USERPROFILE"];

    /// <param name="host">The assembly whose entry point knows the command.</param>
    public static ParserLaunch Of(Assembly host)
    {
        var self = Environment.ProcessPath ?? "dotnet";
        if (host.Location.Length == 0)
        {
            return new(self, [ParserLoop.Command]);
        }

        // A build puts a program of the assembly's name beside it; a container may have only the assembly and run it by dotnet.
        var program = Path.ChangeExtension(host.Location, OperatingSystem.IsWindows() ? ".exe" : null);
        return File.Exists(program) ? new(program, [ParserLoop.Command])
            : new(Path.GetFileNameWithoutExtension(self) == "dotnet" ? self : "dotnet", [host.Location, ParserLoop.Command]);
    }

    /// <summary>A child with pipes, low priority's sake apart ready to run.</summary>
    /// <param name="memory">Most bytes that its managed heap may have.</param>
    public ProcessStartInfo Describe(long memory)
    {
        var start = new ProcessStartInfo(Program, Arguments)
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false, CreateNoWindow = true,
            WorkingDirectory = Path.GetTempPath(),
        };
        var known = s_inherited.Select(name => (name, Value: Environment.GetEnvironmentVariable(name))).Where(pair => pair.Value is not null).ToList();
        start.Environment.Clear();
        foreach (var (name, value) in known)
        {
            start.Environment[name] = value;
        }

        start.Environment["DOTNET_GCHeapHardLimit"] = memory.ToString("X", CultureInfo.InvariantCulture);
        start.Environment["DOTNET_gcServer"] = "0";
        start.Environment["DOTNET_gcConcurrent"] = "0";
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        start.Environment["DOTNET_NOLOGO"] = "1";
        return start;
    }
}
