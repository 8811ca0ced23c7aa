using System.Text.RegularExpressions;

namespace MistralStudio.Flows.Compilation;

/// <summary>Names of nodes and ports.</summary>
internal static partial class Names
{
    public const string ErrorPort = "error";

    public const string Variables = "variables";

    public static bool IsNode(string id) => NodePattern().IsMatch(id);

    public static bool IsPort(string name) => PortPattern().IsMatch(name);

    /// <summary>Node and port of an end of an edge; null where it is none.</summary>
    public static (string Node, string Port)? Split(string? end)
    {
        var dot = end?.IndexOf('.', StringComparison.Ordinal) ?? -1;
        return dot > 0 && dot < end!.Length - 1 ? (end[..dot], end[(dot + 1)..]) : null;
    }

    [GeneratedRegex("^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$", RegexOptions.CultureInvariant)]
    private static partial Regex NodePattern();

    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9_-]{0,62}$", RegexOptions.CultureInvariant)]
    private static partial Regex PortPattern();
}
