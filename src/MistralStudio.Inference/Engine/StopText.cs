using System.Text;

namespace MistralStudio.Inference.Engine;

/// <summary>Finds stop strings in text that comes in pieces, and holds back what may become one.</summary>
internal sealed class StopText(IReadOnlyList<string> stops)
{
    private readonly StringBuilder _held = new();

    /// <summary>True once a stop string came; nothing is written after it.</summary>
    public bool Stopped { get; private set; }

    /// <summary>Takes the next piece; returns what can be written now.</summary>
    public string Push(string piece)
    {
        if (Stopped || stops.Count == 0)
        {
            return Stopped ? "" : piece;
        }

        _held.Append(piece);
        var text = _held.ToString();
        var cut = -1;
        foreach (var stop in stops)
        {
            var at = text.IndexOf(stop, StringComparison.Ordinal);
            if (at >= 0 && (cut < 0 || at < cut))
            {
                cut = at;
            }
        }

        Stopped = cut >= 0;
        var keep = Stopped ? cut : text.Length - LongestBeginning(text);
        _held.Clear();
        if (!Stopped)
        {
            _held.Append(text, keep, text.Length - keep);
        }

        return text[..keep];
    }

    /// <summary>What was held back, at the end.</summary>
    public string Flush()
    {
        var rest = _held.ToString();
        _held.Clear();
        return rest;
    }

    // How much of the text's end is the beginning of a stop string.
    private int LongestBeginning(string text)
    {
        var longest = 0;
        foreach (var stop in stops)
        {
            for (var length = Math.Min(stop.Length - 1, text.Length); length > longest; length--)
            {
                if (text.AsSpan(text.Length - length).SequenceEqual(stop.AsSpan(0, length)))
                {
                    longest = length;
                }
            }
        }

        return longest;
    }
}
