namespace MistralStudio.Core.Egress;

/// <summary>Expected failures on the way out.</summary>
public static class EgressErrors
{
    public static Error BadAddress(string address) => new(
        "egress.bad_address",
        $"\"{address}\" is no address to call.",
        "Give one like https://api.example.com/v1, without a name and password in it.");

    public static Error Refused(HostAndPort place, AddressKind kind) => new(
        "egress.refused",
        $"{place} was refused: it is {Place(kind)}.",
        kind is AddressKind.Unspecified or AddressKind.Multicast
            ? "Give the address of one machine."
            : $"An owner can allow {place} under Models, Connections; the operator in Egress:AllowedHosts.");

    public static Error UnknownHost(string host) => new(
        "egress.unknown_host",
        $"There is no host named {host}.",
        "Check the spelling of the address, and this machine's DNS.");

    public static Error Unreachable(HostAndPort place, string reason) => new(
        "egress.unreachable",
        $"{place} does not answer: {reason}.",
        "Check host and port, and that the server runs.");

    public static Error Tls(HostAndPort place, string reason) => new(
        "egress.tls",
        $"The secure connection to {place} failed: {reason}.",
        "Check that the server speaks https on this port and that its certificate is valid for this name.");

    public static Error TimedOut(HostAndPort place, TimeSpan limit) => new(
        "egress.timeout",
        $"{place} took longer than {limit.TotalSeconds:0.#} s.",
        "Try again, or raise the time limit.");

    public static Error TooLarge(HostAndPort place, long limit) => new(
        "egress.too_large",
        $"The answer of {place} is larger than {Size.Format(limit)}.",
        "Ask for less, or choose another source.");

    public static Error TooManyRedirects(HostAndPort place, int limit) => new(
        "egress.too_many_redirects",
        $"{place} sent the request on more than {limit} times.",
        "Give the address where it ends.");

    public static Error Redirected(HostAndPort place, string target) => new(
        "egress.redirected",
        $"{place} sends this request on to {target}, which is not followed.",
        "Give that address itself, if you trust it.");

    public static Error Broken(HostAndPort place) => new(
        "egress.broken",
        $"The connection to {place} broke in the middle of the answer.",
        "Try again.");

    private static string Place(AddressKind kind) => kind switch
    {
        AddressKind.Loopback => "this machine itself",
        AddressKind.Private => "in a private network",
        AddressKind.LinkLocal => "a link-local address",
        AddressKind.Shared => "behind a provider's address translation",
        AddressKind.Embedded => "an IPv4 address hidden in an IPv6 one",
        AddressKind.Unspecified => "no machine's address",
        AddressKind.Multicast => "many machines at once",
        _ => "a reserved address",
    };
}
