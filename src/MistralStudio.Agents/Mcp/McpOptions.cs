using System.ComponentModel.DataAnnotations;
using System.Text.RegularExpressions;

namespace MistralStudio.Agents.Mcp;

/// <summary>Section <c>Mcp</c> of the operator's configuration.</summary>
public sealed partial class McpOptions : IValidatableObject
{
    public const string Section = "Mcp";

    /// <summary>Servers that are started as processes of this machine and spoken to over their standard streams, by name.</summary>
    public Dictionary<string, McpProcess> Servers { get; init; } = new(StringComparer.Ordinal);

    /// <summary>Longest wait for a server, s.</summary>
    [Range(1, 600)]
    public int TimeoutSeconds { get; set; } = 60;

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var (name, server) in Servers)
        {
            if (!Name().IsMatch(name))
            {
                yield return new ValidationResult($"{Section}:{nameof(Servers)} has a server \"{name}\": a name has up to 63 small letters, digits and hyphens.");
            }
            else if (string.IsNullOrWhiteSpace(server.Command))
            {
                yield return new ValidationResult($"{Section}:{nameof(Servers)}:{name}:{nameof(McpProcess.Command)} is empty: it is the program that the server is.");
            }
        }
    }

    [GeneratedRegex("^[a-z0-9-]{1,63}$", RegexOptions.CultureInvariant)]
    private static partial Regex Name();
}

/// <summary>A server of tools that is a program of this machine. It is given no variable of our environment but the system's own (PATH, HOME).</summary>
public sealed class McpProcess
{
    /// <summary>The program: a path, or a name that PATH finds.</summary>
    public string Command { get; set; } = "";

    /// <summary>Its arguments, one each; no shell reads them.</summary>
    public IList<string> Arguments { get; init; } = [];

    /// <summary>Variables of its environment.</summary>
    public IDictionary<string, string?> Environment { get; init; } = new Dictionary<string, string?>(StringComparer.Ordinal);

    /// <summary>Where it is started; empty: where we are.</summary>
    public string? WorkingDirectory { get; set; }

    /// <summary>Name for people; empty: its name.</summary>
    public string? Title { get; set; }

    /// <summary>True where the operator vouches that it sends nothing elsewhere: then it serves workspaces and documents that stay on this machine.</summary>
    public bool StaysOnMachine { get; set; }
}
