namespace MistralStudio.E2E.Tests.Process;

/// <summary>A small file system in memory over a folder; where this user may not mount one, the test is skipped.</summary>
internal sealed class TemporaryMount : IDisposable
{
    private readonly string _path;

    private TemporaryMount(string path) => _path = path;

    public static TemporaryMount Tmpfs(string parent, string name, string options)
    {
        var path = Directory.CreateDirectory(Path.Combine(parent, name)).FullName;
        Assert.SkipUnless(OperatingSystem.IsLinux() && Run("mount", "-t", "tmpfs", "-o", options, "tmpfs", path), "Mounting a small disk needs Linux and root.");
        return new TemporaryMount(path);
    }

    public void Dispose() => Run("umount", _path);

    private static bool Run(string program, params string[] arguments)
    {
        using var process = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}
