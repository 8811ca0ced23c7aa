using System.Diagnostics;
using System.Globalization;
using Xunit;

namespace MistralStudio.Tests.Shared;

/// <summary>
/// A PostgreSQL server of the system's packages, on loopback and over a folder of its own, that ends with the process of the tests. Its writes
/// are not synced: no test pulls the plug of the machine.
/// </summary>
public sealed class PostgresServer
{
    private static readonly Lazy<Task<PostgresServer?>> s_one = new(StartAsync);
    private static readonly string[] s_programs = ["initdb", "postgres", "createdb", "pg_isready"];
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly int _port;
    private int _databases;

    private PostgresServer(int port) => _port = port;

    /// <summary>The server of this process; null where no PostgreSQL is installed.</summary>
    public static Task<PostgresServer?> FindAsync() => s_one.Value;

    /// <summary>Skips the running test where no PostgreSQL is installed.</summary>
    public static void Require() => Assert.SkipUnless(FindPrograms() is not null, "PostgreSQL is not installed (the package \"postgresql\").");

    /// <summary>The connection string of a database; it does not exist yet.</summary>
    public string Of(string database) => $"Host=127.0.0.1;Port={_port};Username=postgres;Database={database};Include Error Detail=true;Maximum Pool Size=20";

    /// <summary>A database of its own, empty; its connection string.</summary>
    public async Task<string> CreateDatabaseAsync()
    {
        var name = $"studio_{Interlocked.Increment(ref _databases)}";
        await RunAsync("createdb", "-h", "127.0.0.1", "-p", _port.ToString(CultureInfo.InvariantCulture), "-U", "postgres", name);
        return Of(name);
    }

    private static async Task<PostgresServer?> StartAsync()
    {
        if (FindPrograms() is null)
        {
            return null;
        }

        var folder = Directory.CreateTempSubdirectory("studio-postgres-").FullName;
        if (IsRoot)
        {
            // The server refuses to be root's; its packages made a user for it.
            await RunProgramAsync("chown", ["postgres", folder]);
        }

        var data = Path.Combine(folder, "data");
        await RunAsync("initdb", "-D", data, "-U", "postgres", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C");
        var port = FreePort.Take();
        var server = Process.Start(Command(
            "postgres", "-D", data, "-p", port.ToString(CultureInfo.InvariantCulture), "-k", "", "-c", "listen_addresses=127.0.0.1",
            "-c", "fsync=off", "-c", "full_page_writes=off", "-c", "synchronous_commit=off", "-c", "max_connections=300", "-c", "shared_buffers=32MB"))!;
        AppDomain.CurrentDomain.ProcessExit += (_, _) =>
        {
            // Its tens of thousands of files are not waited for: a runner gives an ending process ten seconds.
            server.Kill(entireProcessTree: true);
            server.WaitForExit(s_patience);
            using var remover = Process.Start("rm", ["-rf", folder]);
        };
        server.ErrorDataReceived += (_, _) => { };
        server.BeginErrorReadLine();
        var began = Stopwatch.GetTimestamp();
        while (await RunProgramAsync(Program("pg_isready"), ["-q", "-h", "127.0.0.1", "-p", port.ToString(CultureInfo.InvariantCulture)]) != 0)
        {
            Assert.True(Stopwatch.GetElapsedTime(began) < s_patience && !server.HasExited, "The PostgreSQL server did not start.");
        }

        return new PostgresServer(port);
    }

    private static bool IsRoot => Environment.UserName == "root" && !OperatingSystem.IsWindows();

    // Debian keeps them beside each other by version, out of the path.
    private static string? FindPrograms() => (Directory.Exists("/usr/lib/postgresql") ? Directory.GetDirectories("/usr/lib/postgresql").OrderDescending() : Enumerable.Empty<string>())
        .Select(version => Path.Combine(version, "bin"))
        .Concat((Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator))
        .Concat(["/opt/homebrew/bin", "/usr/local/bin"])
        .FirstOrDefault(folder => s_programs.All(name => File.Exists(Path.Combine(folder, name))));

    private static string Program(string name) => Path.Combine(FindPrograms()!, name);

    private static ProcessStartInfo Command(string name, params string[] arguments) => IsRoot
        ? new ProcessStartInfo("runuser", ["-u", "postgres", "--", Program(name), .. arguments]) { RedirectStandardError = true, WorkingDirectory = "/" }
        : new ProcessStartInfo(Program(name), arguments) { RedirectStandardError = true };

    private static async Task RunAsync(string name, params string[] arguments)
    {
        var start = Command(name, arguments);
        start.RedirectStandardOutput = true;
        using var process = Process.Start(start)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, await output + await errors);
    }

    private static async Task<int> RunProgramAsync(string program, string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments))!;
        await process.WaitForExitAsync();
        return process.ExitCode;
    }
}
