using System.Collections.Frozen;
using MistralStudio.Core.Ids;

namespace MistralStudio.Core.Egress;

/// <summary>Hosts beyond the public internet that somebody allowed. <see cref="IEgress"/> asks each list; one is enough.</summary>
public interface IAllowedHosts
{
    /// <summary>True where calls of this workspace may reach this place wherever its name leads.</summary>
    ValueTask<bool> IsAllowedAsync(WorkspaceId? workspace, HostAndPort place, CancellationToken cancellationToken);
}

/// <summary>The section <c>Egress</c> of the configuration: what the operator allows to every workspace.</summary>
public sealed class OperatorHosts : IAllowedHosts
{
    public const string Section = "Egress";

    /// <summary>Its one setting, a list.</summary>
    public const string Setting = "AllowedHosts";

    private readonly FrozenSet<HostAndPort> _places;

    private OperatorHosts(FrozenSet<HostAndPort> places) => _places = places;

    /// <summary>Reads the list.</summary>
    /// <returns>The list, or the first entry that is no <c>host:port</c>.</returns>
    public static (OperatorHosts? Hosts, string? Wrong) Read(IEnumerable<string?> entries)
    {
        var places = new List<HostAndPort>();
        foreach (var entry in entries)
        {
            if (!HostAndPort.TryParse(entry, out var place))
            {
                return (null, entry ?? "");
            }

            places.Add(place);
        }

        return (new OperatorHosts(places.ToFrozenSet()), null);
    }

    /// <inheritdoc/>
    public ValueTask<bool> IsAllowedAsync(WorkspaceId? workspace, HostAndPort place, CancellationToken cancellationToken) =>
        ValueTask.FromResult(_places.Contains(place));
}
