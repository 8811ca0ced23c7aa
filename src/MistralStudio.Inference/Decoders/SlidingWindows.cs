using MistralStudio.Core;
using MistralStudio.Inference.Gguf;

namespace MistralStudio.Inference.Decoders;

/// <summary>
/// Which layers see the last positions only: <c>attention.sliding_window</c> states how many, a query's own included, and
/// <c>attention.sliding_window_pattern</c> for which layers: an array of truth values, or a number <c>n</c> where every <c>n</c>-th layer sees
/// everything. Without a pattern all layers have the window.
/// </summary>
internal static class SlidingWindows
{
    /// <summary>For each layer the number of positions that a query sees; 0 for all.</summary>
    public static Result<int[]> Read(GgufFile file, string architecture, int layers, Func<string, Error> wrong)
    {
        var key = $"{architecture}.attention.sliding_window";
        var window = file.Metadata.ContainsKey(key) ? file.Integer(key) : 0;
        if (window is null or < 0)
        {
            return wrong($"its {key} is impossible");
        }

        var size = (int)Math.Min(window.Value, int.MaxValue);
        var pattern = $"{key}_pattern";
        if (size == 0 || !file.Metadata.ContainsKey(pattern))
        {
            return Enumerable.Repeat(size, layers).ToArray();
        }

        if (file.Flags(pattern) is { } flags)
        {
            return flags.Length == layers ? flags.Select(slides => slides ? size : 0).ToArray() : wrong($"its {pattern} does not have a value for each layer");
        }

        return file.Integer(pattern) is { } period and >= 0
            ? Enumerable.Range(0, layers).Select(layer => period == 0 || layer % period < period - 1 ? size : 0).ToArray()
            : wrong($"its {pattern} is impossible");
    }
}
