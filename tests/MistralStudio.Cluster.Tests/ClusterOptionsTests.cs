using System.ComponentModel.DataAnnotations;

namespace MistralStudio.Cluster.Tests;

public sealed class ClusterOptionsTests
{
    [Theory]
    [InlineData("127.0.0.1", true)]
    [InlineData("10.0.0.7", true)]
    [InlineData("192.168.1.4", true)]
    [InlineData("100.100.1.2", true)]
    [InlineData("fd00::7", true)]
    [InlineData("0.0.0.0", false)]
    [InlineData("::", false)]
    [InlineData("8.8.8.8", false)]
    [InlineData("2606:4700::1111", false)]
    [InlineData("::ffff:10.0.0.7", false)]
    [InlineData("studio-1", false)]
    [InlineData("", false)]
    public void ASilo_ListensInAPrivateNetwork_AndNowhereElse(string address, bool isRight) =>
        Assert.Equal(isRight, Faults(new ClusterOptions { Enabled = true, SharedPath = "/shared", Address = address }).Count == 0);

    [Fact]
    public void ACluster_SharesAFolder()
    {
        Assert.Equal(nameof(ClusterOptions.SharedPath), Assert.Single(Assert.Single(Faults(new ClusterOptions { Enabled = true })).MemberNames));
        Assert.Empty(Faults(new ClusterOptions()));
    }

    [Fact]
    public void OneThatIsAlone_SharesNothing()
    {
        Assert.Null(ClusterSharing.Of(new ClusterOptions(), "Host=db"));
        var sharing = ClusterSharing.Of(new ClusterOptions { Enabled = true, SharedPath = "/shared", FailureAfter = TimeSpan.FromSeconds(6) }, "Host=db");
        Assert.Equal(TimeSpan.FromSeconds(2), sharing!.ProbeEvery);
    }

    private static List<ValidationResult> Faults(ClusterOptions options)
    {
        var faults = new List<ValidationResult>();
        Validator.TryValidateObject(options, new ValidationContext(options), faults, validateAllProperties: true);
        return faults;
    }
}
