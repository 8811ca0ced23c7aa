using System.Diagnostics;
using System.Text.Json;
using MistralStudio.Tests.Shared;

namespace MistralStudio.Benchmarks;

/// <summary>llama.cpp's own programs, run on the same machine in the same minutes.</summary>
internal sealed class LlamaCpp(string folder)
{
    /// <summary>
    /// Links the programs into a folder of their own. Where a copy has turned the libraries' symbolic links into files that hold the name they
    /// pointed to, those names are followed.
    /// </summary>
    public static LlamaCpp Link(string programs, string folder)
    {
        Directory.CreateDirectory(folder);
        foreach (var file in new DirectoryInfo(programs).EnumerateFiles())
        {
            var target = file;
            while (target.Length < 256 && target.Name.Contains(".so", StringComparison.Ordinal))
            {
                target = new FileInfo(Path.Combine(programs, File.ReadAllText(target.FullName).Trim()));
            }

            File.CreateSymbolicLink(Path.Combine(folder, file.Name), target.FullName);
        }

        return new LlamaCpp(folder);
    }

    /// <summary>Writes a model again with other types of weights.</summary>
    public Task<string> QuantizeAsync(string model, string target, string type) =>
        RunAsync("llama-quantize", "--allow-requantize", model, target, type);

    /// <summary>Tokens a second of reading a prompt and of writing.</summary>
    public async Task<(double Prefill, double Decode)> MeasureAsync(string model, int prompt, int answer, int threads)
    {
        var text = await RunAsync("llama-bench", "-m", model, "-t", $"{threads}", "-p", $"{prompt}", "-n", $"{answer}", "-r", "1", "-o", "json");
        using var report = JsonDocument.Parse(text);
        var tests = report.RootElement.EnumerateArray().ToList();
        double Speed(string property) => tests.Single(test => test.GetProperty(property).GetInt32() > 0).GetProperty("avg_ts").GetDouble();
        return (Speed("n_prompt"), Speed("n_gen"));
    }

    /// <summary>Tokens a second of several conversations together, by their number.</summary>
    public async Task<Dictionary<int, double>> MeasureBatchesAsync(string model, int[] rows, int prompt, int answer, int threads)
    {
        if (rows.Length == 0)
        {
            return [];
        }

        var text = await RunAsync("llama-batched-bench", "-m", model, "-t", $"{threads}", "-c", "4096", "-npp", $"{prompt}", "-ntg", $"{answer}",
            "-npl", string.Join(',', rows));

        // | PP | TG | B | N_KV | T_PP s | S_PP t/s | T_TG s | S_TG t/s | T s | S t/s |
        return text.Split('\n')
            .Select(line => line.Split('|', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            .Where(cells => cells.Length == 10 && int.TryParse(cells[0], out _))
            .ToDictionary(
                cells => int.Parse(cells[2], System.Globalization.CultureInfo.InvariantCulture),
                cells => double.Parse(cells[7], System.Globalization.CultureInfo.InvariantCulture));
    }

    /// <summary>Serves a model over HTTP to so many clients at once, 2,048 tokens each.</summary>
    public Task<LlamaServer> StartServerAsync(string model, int slots, int threads)
    {
        var port = FreePort.Take();
        var process = Start("llama-server", "-m", model, "--host", "127.0.0.1", "--port", $"{port}", "-np", $"{slots}", "-c", $"{slots * 2048}", "-t", $"{threads}", "--no-webui");
        return LlamaServer.WaitAsync(process, new Uri($"http://127.0.0.1:{port}/"));
    }

    private Process Start(string program, params string[] arguments) => Process.Start(new ProcessStartInfo(Path.Combine(folder, program), arguments)
    {
        RedirectStandardOutput = true,
        RedirectStandardError = true,
        Environment = { ["LD_LIBRARY_PATH"] = folder },
    })!;

    private async Task<string> RunAsync(string program, params string[] arguments)
    {
        using var process = Start(program, arguments);
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? await output : throw new InvalidOperationException($"{program} failed: {await error}");
    }
}
