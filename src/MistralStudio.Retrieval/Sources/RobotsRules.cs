namespace MistralStudio.Retrieval.Sources;

/// <summary>A site's <c>robots.txt</c> (RFC 9309): the group for us, else the one for everybody; the longest rule that matches a path decides.</summary>
internal sealed class RobotsRules
{
    /// <summary>The name that groups of the file are looked up by.</summary>
    public const string Agent = "MistralStudio";

    private const int LongestPattern = 500;
    private static readonly TimeSpan s_longestDelay = TimeSpan.FromSeconds(10);

    private readonly List<(string Pattern, bool Allows)> _rules = [];

    private RobotsRules()
    {
    }

    /// <summary>No file: everything may be read.</summary>
    public static RobotsRules Open { get; } = new();

    /// <summary>The site could not say: nothing may be read (RFC 9309, 2.3.1.4).</summary>
    public static RobotsRules Closed { get; } = new() { _rules = { ("/", false) } };

    /// <summary>What it asks to wait between two pages.</summary>
    public TimeSpan Delay { get; private set; }

    /// <summary>Reads a file.</summary>
    public static RobotsRules Parse(string text)
    {
        var groups = new List<(List<string> Agents, RobotsRules Rules)>();
        var begins = true;
        foreach (var raw in text.Split('\n').Take(10_000))
        {
            var line = raw.Split('#')[0].Trim();
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon < 0)
            {
                continue;
            }

            var (name, value) = (line[..colon].Trim().ToUpperInvariant(), line[(colon + 1)..].Trim());
            if (name == "USER-AGENT")
            {
                if (begins || groups.Count == 0)
                {
                    groups.Add(([], new()));
                }

                begins = false;
                groups[^1].Agents.Add(value);
                continue;
            }

            begins = true;
            if (groups.Count == 0)
            {
                continue;
            }

            if (name is "ALLOW" or "DISALLOW" && value.Length is > 0 and <= LongestPattern)
            {
                groups[^1].Rules._rules.Add((value, name == "ALLOW"));
            }
            else if (name == "CRAWL-DELAY" && double.TryParse(value, System.Globalization.CultureInfo.InvariantCulture, out var seconds) && seconds > 0)
            {
                groups[^1].Rules.Delay = TimeSpan.FromSeconds(Math.Min(seconds, s_longestDelay.TotalSeconds));
            }
        }

        return groups.FirstOrDefault(group => group.Agents.Any(agent => agent.Equals(Agent, StringComparison.OrdinalIgnoreCase))).Rules
            ?? groups.FirstOrDefault(group => group.Agents.Contains("*")).Rules ?? Open;
    }

    /// <summary>Whether a path with its query may be read.</summary>
    public bool Allows(string path)
    {
        var best = (Length: -1, Allows: true);
        foreach (var (pattern, allows) in _rules)
        {
            if (Matches(pattern, path) && (pattern.Length > best.Length || (pattern.Length == best.Length && allows)))
            {
                best = (pattern.Length, allows);
            }
        }

        return best.Allows;
    }

    /// <summary><c>*</c> is anything, <c>$</c> at the end is the end; without it a pattern is a beginning.</summary>
    private static bool Matches(string pattern, string path)
    {
        var anchored = pattern.EndsWith('$');
        var parts = (anchored ? pattern[..^1] : pattern).Split('*');
        if (!path.StartsWith(parts[0], StringComparison.Ordinal))
        {
            return false;
        }

        var at = parts[0].Length;
        for (var i = 1; i < parts.Length; i++)
        {
            if (anchored && i == parts.Length - 1)
            {
                return path.Length - at >= parts[i].Length && path.EndsWith(parts[i], StringComparison.Ordinal);
            }

            var found = path.IndexOf(parts[i], at, StringComparison.Ordinal);
            if (found < 0)
            {
                return false;
            }

            at = found + parts[i].Length;
        }

        return !anchored || at == path.Length;
    }
}
