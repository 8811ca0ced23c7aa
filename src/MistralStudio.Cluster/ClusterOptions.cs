using System.ComponentModel.DataAnnotations;
using System.Net;
using MistralStudio.Core.Egress;

namespace MistralStudio.Cluster;

/// <summary>Section <c>Cluster</c> of the operator's configuration: several processes that serve one PostgreSQL database together.</summary>
public sealed class ClusterOptions : IValidatableObject
{
    public const string Section = "Cluster";

    /// <summary>Whether this process serves its database together with others; they find each other in it.</summary>
    public bool Enabled { get; set; }

    /// <summary>The folder of what all have: uploaded files and keys.</summary>
    public string SharedPath { get; set; } = "";

    /// <summary>
    /// The address of this machine that the others reach it at, and the only one that its silo listens on. Silos believe whoever connects, so it is
    /// one of a private network; loopback: all processes are on this machine.
    /// </summary>
    public string Address { get; set; } = "127.0.0.1";

    /// <summary>The port of its silo; 0: a free one.</summary>
    [Range(0, 65535)]
    public int Port { get; set; } = 11111;

    /// <summary>So long a process may be silent before the others take it for dead and go on with its work.</summary>
    [Range(typeof(TimeSpan), "00:00:03", "00:05:00")]
    public TimeSpan FailureAfter { get; set; } = TimeSpan.FromSeconds(15);

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!IPAddress.TryParse(Address, out var address)
            || AddressPolicy.Classify(address) is not (AddressKind.Loopback or AddressKind.Private or AddressKind.Shared or AddressKind.LinkLocal))
        {
            yield return new ValidationResult(
                $"{Section}:{nameof(Address)} may be an address of this machine in a private network, like 10.0.0.7: a silo believes whoever reaches it.", [nameof(Address)]);
        }

        if (Enabled && SharedPath.Length == 0)
        {
            yield return new ValidationResult($"{Section}:{nameof(SharedPath)} may be a folder that all processes of the cluster can write.", [nameof(SharedPath)]);
        }
    }
}

/// <summary>How this process is one of several.</summary>
/// <param name="Postgres">Connection string of the database that they serve together, with the tables that they find each other in.</param>
/// <param name="Address">See <see cref="ClusterOptions.Address"/>.</param>
/// <param name="Port">See <see cref="ClusterOptions.Port"/>.</param>
/// <param name="FailureAfter">See <see cref="ClusterOptions.FailureAfter"/>.</param>
public sealed record ClusterSharing(string Postgres, IPAddress Address, int Port, TimeSpan FailureAfter)
{
    // A probe that fails is one of these.
    internal const int MissedProbes = 3;

    /// <summary>How it is shared; null where it is not.</summary>
    /// <param name="options">Valid ones.</param>
    public static ClusterSharing? Of(ClusterOptions options, string? postgres)
    {
        ArgumentNullException.ThrowIfNull(options);
        return options.Enabled ? new(postgres!, IPAddress.Parse(options.Address), options.Port, options.FailureAfter) : null;
    }

    internal TimeSpan ProbeEvery => FailureAfter / MissedProbes;
}
