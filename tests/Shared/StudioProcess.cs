using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Xunit;

namespace MistralStudio.Tests.Shared;

/// <summary>The real server, built as it ships, in a process of its own over a data folder of its own.</summary>
public sealed partial class StudioProcess : IAsyncDisposable
{
    private static readonly TimeSpan s_startLimit = TimeSpan.FromSeconds(60);

    private readonly List<string> _output = [];
    private readonly bool _ownsDataPath;
    private readonly (string Name, string Value)[] _settings;
    private TaskCompletionSource _ready = new();
    private long _started;
    private Process? _process;

    private StudioProcess(string dataPath, bool ownsDataPath, Uri url, (string Name, string Value)[] settings)
    {
        DataPath = dataPath;
        _ownsDataPath = ownsDataPath;
        Url = url;
        _settings = settings;
    }

    /// <summary>Creates the owner without a browser.</summary>
    public static (string Name, string Value)[] Owner { get; } =
        [("Setup__Owner__Email", "owner@example.com"), ("Setup__Owner__Password", "correct horse battery")];

    /// <summary>Where the server keeps everything.</summary>
    public string DataPath { get; }

    /// <summary>Where it answers.</summary>
    public Uri Url { get; }

    /// <summary>The address with the one-time code that the console printed; null once there is an owner.</summary>
    public Uri? SetupUrl { get; private set; }

    /// <summary>From the start of the process to the line that says it is ready.</summary>
    public TimeSpan StartTime { get; private set; }

    /// <summary>Memory that the process holds now, bytes.</summary>
    public long ResidentBytes
    {
        get
        {
            _process!.Refresh();
            return _process.WorkingSet64;
        }
    }

    /// <summary>Everything it wrote to its console.</summary>
    public string Output
    {
        get
        {
            lock (_output)
            {
                return string.Join('\n', _output);
            }
        }
    }

    /// <summary>Starts the server and waits until it says that it is ready.</summary>
    /// <param name="dataPath">A data folder to go on with; null makes a new one that is removed at the end.</param>
    public static async Task<StudioProcess> StartAsync(string? dataPath = null, Uri? url = null, params (string Name, string Value)[] settings)
    {
        var studio = new StudioProcess(
            dataPath ?? Directory.CreateTempSubdirectory("studio-e2e-").FullName,
            dataPath is null,
            url ?? new Uri($"http://localhost:{FreePort.Take()}"),
            settings);
        studio.Launch();
        await studio.ReadyAsync();
        return studio;
    }

    /// <summary>Starts it, once more where it was killed, without waiting until it is ready.</summary>
    public void Launch()
    {
        _process?.Dispose();
        var ready = _ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var process = new Process { StartInfo = Command(DataPath, Url, _settings), EnableRaisingEvents = true };
        process.OutputDataReceived += (_, line) => Read(line.Data, ready);
        process.ErrorDataReceived += (_, line) => Read(line.Data, ready);
        process.Exited += (_, _) => ready.TrySetException(new InvalidOperationException($"The server has ended:\n{Output}"));
        _started = Stopwatch.GetTimestamp();
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        _process = process;
    }

    /// <summary>Waits until it says that it is ready.</summary>
    public async Task ReadyAsync()
    {
        try
        {
            await _ready.Task.WaitAsync(s_startLimit);
            StartTime = Stopwatch.GetElapsedTime(_started);
        }
        catch
        {
            await KillAsync();
            throw;
        }
    }

    /// <summary>Runs a command of the server's command line to its end, on this server's data.</summary>
    public Task<(int Code, string Output, string Errors)> RunAsync(params string[] arguments) => RunWithAsync([], arguments);

    /// <summary>Runs a command under other settings than the server's.</summary>
    public async Task<(int Code, string Output, string Errors)> RunWithAsync((string Name, string Value)[] settings, params string[] arguments)
    {
        var start = Command(DataPath, Url, settings);
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output, await errors);
    }

    /// <summary>Starts a server that is expected to refuse, and gives what it said.</summary>
    public static async Task<(int Code, string Output)> RefuseAsync(string dataPath, Uri? url = null, params (string Name, string Value)[] settings)
    {
        using var process = Process.Start(Command(dataPath, url ?? new Uri($"http://localhost:{FreePort.Take()}"), settings))!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        try
        {
            await process.WaitForExitAsync().WaitAsync(s_startLimit);
        }
        catch (TimeoutException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        return (process.ExitCode, (await output + await errors).Trim());
    }

    /// <summary>A program that sends a key with every scope.</summary>
    public async Task<HttpClient> NewProgramAsync()
    {
        var (code, key, errors) = await RunWithAsync(_settings, "keys", "create", "--name", "test");
        Assert.True(code == 0, errors);
        var program = new HttpClient(new ServerWatch(this)) { BaseAddress = Url };
        program.DefaultRequestHeaders.Authorization = new("Bearer", key.Trim());
        return program;
    }

    /// <summary>SIGTERM: waits for the end and gives its exit code and how long it took.</summary>
    public async Task<(int Code, TimeSpan Took)> TerminateAsync()
    {
        var began = Stopwatch.GetTimestamp();
        using (var kill = Process.Start("kill", ["-TERM", _process!.Id.ToString(CultureInfo.InvariantCulture)]))
        {
            await kill.WaitForExitAsync();
        }

        await _process.WaitForExitAsync().WaitAsync(s_startLimit);
        return (_process.ExitCode, Stopwatch.GetElapsedTime(began));
    }

    /// <summary>The lines of its log file.</summary>
    public IReadOnlyList<string> Log() => [.. Directory.GetFiles(Path.Combine(DataPath, "logs")).SelectMany(ReadShared)];

    /// <summary>kill -9: no goodbye, nothing flushed.</summary>
    public async Task KillAsync()
    {
        if (_process is { HasExited: false } process)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _process?.Dispose();
        if (_ownsDataPath)
        {
            Directory.Delete(DataPath, recursive: true);
        }
    }

    private static IEnumerable<string> ReadShared(string path)
    {
        using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        while (reader.ReadLine() is { } line)
        {
            yield return line;
        }
    }

    private static ProcessStartInfo Command(string dataPath, Uri url, (string Name, string Value)[] settings)
    {
        // The configuration that the caller was built in is the one of the server beside it.
        var output = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        var project = Path.Combine(SharedData.Root, "src", "MistralStudio.Web");
        var start = new ProcessStartInfo("dotnet", [Path.Combine(project, "bin", output.Parent!.Name, output.Name, "MistralStudio.Web.dll")])
        {
            WorkingDirectory = project,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["Studio__DataPath"] = dataPath;
        start.Environment["Studio__Urls"] = url.ToString().TrimEnd('/');
        foreach (var (name, value) in settings)
        {
            start.Environment[name] = value;
        }

        return start;
    }

    private void Read(string? line, TaskCompletionSource ready)
    {
        if (line is null)
        {
            return;
        }

        lock (_output)
        {
            _output.Add(line);
        }

        if (SetupAddress().Match(line) is { Success: true } setup)
        {
            SetupUrl = new Uri(setup.Value);
        }

        if (line.Contains("is ready", StringComparison.Ordinal))
        {
            ready.TrySetResult();
        }
    }

    // A refused connection says nothing; why the server ended does.
    private sealed class ServerWatch(StudioProcess studio) : DelegatingHandler(new SocketsHttpHandler { UseProxy = false })
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            try
            {
                return await base.SendAsync(request, cancellationToken);
            }
            catch (HttpRequestException exception) when (studio._process is { HasExited: true } process)
            {
                throw new HttpRequestException($"The server has ended with code {process.ExitCode}. It wrote:\n{studio.Output}", exception);
            }
        }
    }

    [GeneratedRegex(@"http://\S+/setup\?code=\S+")]
    private static partial Regex SetupAddress();
}
