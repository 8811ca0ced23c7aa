namespace MistralStudio.Agents.Writing;

/// <summary>
/// Tells a text that has come to say the same over and over, as small models do that are drawn without chance: it would go on to the last of
/// its tokens.
/// </summary>
internal static class Repetition
{
    /// <summary>Characters of its end that <see cref="IsStuck"/> looks at.</summary>
    public const int Window = 3_000;

    private const int ShortestPeriod = 8;
    private const int LongestPeriod = 400;
    private const int LeastLength = 600;
    private const int LeastTimes = 6;

    /// <summary>True where the text ends with six or more of the same piece, 600 characters at least together.</summary>
    /// <param name="end">The text, or its last <see cref="Window"/> characters.</param>
    public static bool IsStuck(ReadOnlySpan<char> end)
    {
        for (var period = ShortestPeriod; period <= LongestPeriod; period++)
        {
            var length = Math.Max(LeastLength, period * LeastTimes);
            if (length > end.Length)
            {
                return false;
            }

            var tail = end[^length..];
            if (tail[period..].SequenceEqual(tail[..^period]))
            {
                return true;
            }
        }

        return false;
    }
}
