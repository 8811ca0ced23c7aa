using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace MistralStudio.Core.Models;

/// <summary>What a <see cref="ModelReference"/> points at.</summary>
public enum ModelReferenceKind
{
    /// <summary>The workspace's default model: <c>default</c>.</summary>
    Default,

    /// <summary>A model on this machine: <c>smollm2-135m-instruct</c>, <c>smollm2-135m-instruct+my-adapter</c>.</summary>
    Local,

    /// <summary>A model behind a connection: <c>azure/gpt-4o</c>.</summary>
    Connection,

    /// <summary>A saved prompt: <c>prompt:refund-reply@production</c>.</summary>
    Prompt,

    /// <summary>A chat app: <c>app:filings</c>.</summary>
    App,

    /// <summary>A flow: <c>flow:triage@8</c>.</summary>
    Flow,
}

/// <summary>
/// The name by which a model is asked for, everywhere:
/// <c>default</c> | <c>local-id["+"adapter]</c> | <c>connection"/"name</c> | <c>(prompt|app|flow)":"slug["@"(number|label)]</c>.
/// </summary>
/// <param name="Kind">Which of the forms it is.</param>
/// <param name="Name">Local id, connection slug, or the slug after the colon; empty for <see cref="ModelReferenceKind.Default"/>.</param>
/// <param name="Detail">Adapter, the model's name at the connection, or the version; null where absent.</param>
public sealed partial record ModelReference(ModelReferenceKind Kind, string Name, string? Detail = null)
{
    /// <summary>The workspace's default model.</summary>
    public static ModelReference Default { get; } = new(ModelReferenceKind.Default, "");

    /// <summary>Reads a reference; false where the text follows none of the forms.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out ModelReference? reference)
    {
        reference = null;
        if (string.IsNullOrEmpty(text) || text.Length > 300)
        {
            return false;
        }

        if (text == "default")
        {
            reference = Default;
        }
        else if (BuiltHere().Match(text) is { Success: true } built)
        {
            var kind = Enum.Parse<ModelReferenceKind>(built.Groups["kind"].Value, ignoreCase: true);
            reference = new(kind, built.Groups["slug"].Value, built.Groups["version"] is { Success: true } v ? v.Value : null);
        }
        else if (Remote().Match(text) is { Success: true } remote)
        {
            reference = new(ModelReferenceKind.Connection, remote.Groups["connection"].Value, remote.Groups["name"].Value);
        }
        else if (Local().Match(text) is { Success: true } local)
        {
            reference = new(ModelReferenceKind.Local, local.Groups["id"].Value, local.Groups["adapter"] is { Success: true } a ? a.Value : null);
        }

        return reference is not null;
    }

    /// <summary>Reads a reference; the workspace's default model where the text follows none of the forms.</summary>
    public static ModelReference OrDefault(string? text) => TryParse(text, out var reference) ? reference : Default;

    /// <summary>The form that <see cref="TryParse"/> reads.</summary>
    public override string ToString() => Kind switch
    {
        ModelReferenceKind.Default => "default",
        ModelReferenceKind.Local => Detail is null ? Name : $"{Name}+{Detail}",
        ModelReferenceKind.Connection => $"{Name}/{Detail}",
        _ => $"{Kind.ToString().ToLowerInvariant()}:{Name}" + (Detail is null ? "" : $"@{Detail}"),
    };

    [GeneratedRegex("^(?<kind>prompt|app|flow):(?<slug>[a-z0-9-]{1,63})(@(?<version>[A-Za-z0-9._-]{1,63}))?$", RegexOptions.CultureInvariant)]
    private static partial Regex BuiltHere();

    [GeneratedRegex("^(?<connection>[a-z0-9-]{1,63})/(?<name>[^\\s\\p{C}]{1,200})$", RegexOptions.CultureInvariant)]
    private static partial Regex Remote();

    [GeneratedRegex("^(?<id>[a-z0-9][a-z0-9._-]{0,127})(\\+(?<adapter>[a-z0-9-]{1,63}))?$", RegexOptions.CultureInvariant)]
    private static partial Regex Local();
}
