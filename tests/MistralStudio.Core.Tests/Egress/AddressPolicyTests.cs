using System.Net;
using MistralStudio.Core.Egress;

namespace MistralStudio.Core.Tests.Egress;

public sealed class AddressPolicyTests
{
    [Theory]
    [InlineData("1.1.1.1", AddressKind.Public)]
    [InlineData("9.255.255.255", AddressKind.Public)]
    [InlineData("11.0.0.0", AddressKind.Public)]
    [InlineData("100.63.255.255", AddressKind.Public)]
    [InlineData("100.128.0.0", AddressKind.Public)]
    [InlineData("126.255.255.255", AddressKind.Public)]
    [InlineData("128.0.0.1", AddressKind.Public)]
    [InlineData("169.253.255.255", AddressKind.Public)]
    [InlineData("172.15.255.255", AddressKind.Public)]
    [InlineData("172.32.0.0", AddressKind.Public)]
    [InlineData("192.0.1.0", AddressKind.Public)]
    [InlineData("192.167.255.255", AddressKind.Public)]
    [InlineData("192.169.0.0", AddressKind.Public)]
    [InlineData("198.17.255.255", AddressKind.Public)]
    [InlineData("198.20.0.0", AddressKind.Public)]
    [InlineData("223.255.255.255", AddressKind.Public)]
    [InlineData("2606:4700:4700::1111", AddressKind.Public)]
    [InlineData("2a00:1450:4001::1", AddressKind.Public)]
    [InlineData("2001:200::1", AddressKind.Public)]
    [InlineData("127.0.0.1", AddressKind.Loopback)]
    [InlineData("127.255.255.254", AddressKind.Loopback)]
    [InlineData("::1", AddressKind.Loopback)]
    [InlineData("10.0.0.0", AddressKind.Private)]
    [InlineData("10.255.255.255", AddressKind.Private)]
    [InlineData("172.16.0.1", AddressKind.Private)]
    [InlineData("172.31.255.255", AddressKind.Private)]
    [InlineData("192.168.0.1", AddressKind.Private)]
    [InlineData("fc00::1", AddressKind.Private)]
    [InlineData("fdff:ffff::1", AddressKind.Private)]
    [InlineData("fec0::1", AddressKind.Private)]
    [InlineData("169.254.169.254", AddressKind.LinkLocal)]
    [InlineData("fe80::1", AddressKind.LinkLocal)]
    [InlineData("fe80::1%3", AddressKind.LinkLocal)]
    [InlineData("febf::1", AddressKind.LinkLocal)]
    [InlineData("100.64.0.1", AddressKind.Shared)]
    [InlineData("100.127.255.255", AddressKind.Shared)]
    [InlineData("::ffff:127.0.0.1", AddressKind.Embedded)]
    [InlineData("::ffff:10.0.0.1", AddressKind.Embedded)]
    [InlineData("::ffff:8.8.8.8", AddressKind.Embedded)]
    [InlineData("::ffff:0:127.0.0.1", AddressKind.Embedded)]
    [InlineData("::127.0.0.1", AddressKind.Embedded)]
    [InlineData("::10.1.2.3", AddressKind.Embedded)]
    [InlineData("64:ff9b::7f00:1", AddressKind.Embedded)]
    [InlineData("64:ff9b::808:808", AddressKind.Embedded)]
    [InlineData("64:ff9b:1::a00:1", AddressKind.Embedded)]
    [InlineData("2002:7f00:1::", AddressKind.Embedded)]
    [InlineData("2002:a9fe:a9fe::1", AddressKind.Embedded)]
    [InlineData("2001:0:4136:e378:8000:63bf:3fff:fdd2", AddressKind.Embedded)]
    [InlineData("2a00:1450::5efe:10.0.0.1", AddressKind.Embedded)]
    [InlineData("2a00:1450::200:5efe:10.0.0.1", AddressKind.Embedded)]
    [InlineData("192.0.0.8", AddressKind.Reserved)]
    [InlineData("192.0.2.1", AddressKind.Reserved)]
    [InlineData("192.88.99.1", AddressKind.Reserved)]
    [InlineData("198.18.0.1", AddressKind.Reserved)]
    [InlineData("198.19.255.255", AddressKind.Reserved)]
    [InlineData("198.51.100.7", AddressKind.Reserved)]
    [InlineData("203.0.113.7", AddressKind.Reserved)]
    [InlineData("240.0.0.1", AddressKind.Reserved)]
    [InlineData("255.255.255.255", AddressKind.Reserved)]
    [InlineData("2001:db8::1", AddressKind.Reserved)]
    [InlineData("2001:20::1", AddressKind.Reserved)]
    [InlineData("3fff::1", AddressKind.Reserved)]
    [InlineData("100::1", AddressKind.Reserved)]
    [InlineData("5f00::1", AddressKind.Reserved)]
    [InlineData("4000::1", AddressKind.Reserved)]
    [InlineData("0.0.0.0", AddressKind.Unspecified)]
    [InlineData("0.255.255.255", AddressKind.Unspecified)]
    [InlineData("::", AddressKind.Unspecified)]
    [InlineData("224.0.0.1", AddressKind.Multicast)]
    [InlineData("239.255.255.255", AddressKind.Multicast)]
    [InlineData("ff02::1", AddressKind.Multicast)]
    public void Classify_TellsWhatAnAddressBelongsTo(string address, AddressKind kind) =>
        Assert.Equal(kind, AddressPolicy.Classify(IPAddress.Parse(address)));

    [Fact]
    public void OnlyPublicAddresses_AreReachedUnallowed_AndNoneThatIsNoMachineEver()
    {
        foreach (var kind in Enum.GetValues<AddressKind>())
        {
            Assert.Equal(kind == AddressKind.Public, AddressPolicy.MayConnect(kind, isAllowed: false));
            Assert.Equal(kind is not (AddressKind.Unspecified or AddressKind.Multicast), AddressPolicy.MayConnect(kind, isAllowed: true));
        }
    }

    [Theory]
    [InlineData("localhost:11434", "localhost:11434")]
    [InlineData("Ollama.LAN.:80", "ollama.lan:80")]
    [InlineData("127.1:8000", "127.0.0.1:8000")]
    [InlineData("[::1]:8000", "[::1]:8000")]
    [InlineData("[0:0:0:0:0:0:0:1]:443", "[::1]:443")]
    public void APlace_IsReadInOneForm(string text, string form)
    {
        Assert.True(HostAndPort.TryParse(text, out var place));
        Assert.Equal(form, place.ToString());
        Assert.True(HostAndPort.TryParse(form, out var again));
        Assert.Equal(place, again);
        Assert.Equal(place, HostAndPort.Of(new Uri($"http://{text}/v1")));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("localhost")]
    [InlineData(":80")]
    [InlineData("localhost:0")]
    [InlineData("localhost:65536")]
    [InlineData("localhost:http")]
    [InlineData("*:80")]
    [InlineData("*.example.com:80")]
    [InlineData("http://localhost:80")]
    [InlineData("localhost/v1:80")]
    [InlineData("you@localhost:80")]
    [InlineData("10.0.0.0/8:80")]
    public void APlace_IsNoPatternAndNoAddress(string? text) => Assert.False(HostAndPort.TryParse(text, out _));
}
