using System.Net;
using System.Net.Sockets;

namespace MistralStudio.Core.Egress;

/// <summary>What an address belongs to.</summary>
public enum AddressKind
{
    /// <summary>A machine on the public internet.</summary>
    Public,

    /// <summary>This machine: <c>127.0.0.0/8</c>, <c>::1</c>.</summary>
    Loopback,

    /// <summary>A private network: <c>10.0.0.0/8</c>, <c>172.16.0.0/12</c>, <c>192.168.0.0/16</c>, <c>fc00::/7</c>.</summary>
    Private,

    /// <summary>The cable's own addresses, where clouds keep their metadata service: <c>169.254.0.0/16</c>, <c>fe80::/10</c>.</summary>
    LinkLocal,

    /// <summary>Behind a provider's translation (CGNAT): <c>100.64.0.0/10</c>.</summary>
    Shared,

    /// <summary>An IPv4 address inside an IPv6 one (mapped, NAT64, 6to4, Teredo, ISATAP), which could lead anywhere.</summary>
    Embedded,

    /// <summary>Documentation, benchmarks, future use: no public machine has it.</summary>
    Reserved,

    /// <summary>No address: <c>0.0.0.0/8</c>, <c>::</c>.</summary>
    Unspecified,

    /// <summary>Many machines at once.</summary>
    Multicast,
}

/// <summary>
/// Which addresses a call that somebody else steers may reach. The ranges are IANA's special-purpose registries
/// (iana.org/assignments/iana-ipv4-special-registry and iana-ipv6-special-registry).
/// </summary>
public static class AddressPolicy
{
    private static readonly (IPNetwork Range, AddressKind Kind)[] s_v4 = Table(
        ("0.0.0.0/8", AddressKind.Unspecified),
        ("10.0.0.0/8", AddressKind.Private),
        ("100.64.0.0/10", AddressKind.Shared),
        ("127.0.0.0/8", AddressKind.Loopback),
        ("169.254.0.0/16", AddressKind.LinkLocal),
        ("172.16.0.0/12", AddressKind.Private),
        ("192.0.0.0/24", AddressKind.Reserved),
        ("192.0.2.0/24", AddressKind.Reserved),
        ("192.88.99.0/24", AddressKind.Reserved),
        ("192.168.0.0/16", AddressKind.Private),
        ("198.18.0.0/15", AddressKind.Reserved),
        ("198.51.100.0/24", AddressKind.Reserved),
        ("203.0.113.0/24", AddressKind.Reserved),
        ("224.0.0.0/4", AddressKind.Multicast),
        ("240.0.0.0/4", AddressKind.Reserved));

    // The first range that holds an address decides: narrow ones stand before wide ones.
    private static readonly (IPNetwork Range, AddressKind Kind)[] s_v6 = Table(
        ("::/128", AddressKind.Unspecified),
        ("::1/128", AddressKind.Loopback),
        ("::/96", AddressKind.Embedded),
        ("::ffff:0:0:0/96", AddressKind.Embedded),
        ("64:ff9b::/96", AddressKind.Embedded),
        ("64:ff9b:1::/48", AddressKind.Embedded),
        ("2001::/32", AddressKind.Embedded),
        ("2001::/23", AddressKind.Reserved),
        ("2001:db8::/32", AddressKind.Reserved),
        ("2002::/16", AddressKind.Embedded),
        ("3fff::/20", AddressKind.Reserved),
        ("fc00::/7", AddressKind.Private),
        ("fe80::/10", AddressKind.LinkLocal),
        ("fec0::/10", AddressKind.Private),
        ("ff00::/8", AddressKind.Multicast));

    private static readonly IPNetwork s_globalUnicast = IPNetwork.Parse("2000::/3");

    /// <summary>What an address belongs to.</summary>
    public static AddressKind Classify(IPAddress address)
    {
        if (address.AddressFamily == AddressFamily.InterNetwork)
        {
            return Find(s_v4, address) ?? AddressKind.Public;
        }

        if (address.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return AddressKind.Reserved;
        }

        // Ranges take a mapped address for the IPv4 one inside it.
        if (address.IsIPv4MappedToIPv6)
        {
            return AddressKind.Embedded;
        }

        // A scope (fe80::1%eth0) is no part of the address, and a range does not hold one that has it.
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        var plain = new IPAddress(bytes);
        if (Find(s_v6, plain) is { } kind)
        {
            return kind;
        }

        return !s_globalUnicast.Contains(plain) ? AddressKind.Reserved : IsIsatap(bytes) ? AddressKind.Embedded : AddressKind.Public;
    }

    /// <summary>True where a connection may be made.</summary>
    /// <param name="kind">What the address belongs to.</param>
    /// <param name="isAllowed">True where the operator or an owner allowed this host and port by name.</param>
    public static bool MayConnect(AddressKind kind, bool isAllowed) => kind switch
    {
        AddressKind.Public => true,
        AddressKind.Unspecified or AddressKind.Multicast => false,
        _ => isAllowed,
    };

    // ::0:5efe:a.b.c.d or ::200:5efe:a.b.c.d behind any prefix, RFC 5214.
    private static bool IsIsatap(ReadOnlySpan<byte> address) =>
        address[8] is 0 or 2 && address[9] == 0 && address[10] == 0x5e && address[11] == 0xfe;

    private static AddressKind? Find((IPNetwork Range, AddressKind Kind)[] table, IPAddress address)
    {
        foreach (var (range, kind) in table)
        {
            if (range.Contains(address))
            {
                return kind;
            }
        }

        return null;
    }

    private static (IPNetwork Range, AddressKind Kind)[] Table(params ReadOnlySpan<(string Range, AddressKind Kind)> rows)
    {
        var table = new (IPNetwork, AddressKind)[rows.Length];
        for (var row = 0; row < rows.Length; row++)
        {
            table[row] = (IPNetwork.Parse(rows[row].Range), rows[row].Kind);
        }

        return table;
    }
}
