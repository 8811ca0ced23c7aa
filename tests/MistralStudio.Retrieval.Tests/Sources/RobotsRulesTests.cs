using MistralStudio.Retrieval.Sources;

namespace MistralStudio.Retrieval.Tests.Sources;

public sealed class RobotsRulesTests
{
    [Theory]
    [InlineData("User-agent: *\nDisallow: /a", "/a/b", false)]
    [InlineData("User-agent: *\nDisallow: /a\nAllow: /a/b", "/a/b/c", true)]
    [InlineData("User-agent: *\nDisallow: /*.pdf$", "/x/y.pdf", false)]
    [InlineData("User-agent: *\nDisallow: /*.pdf$", "/x/y.pdf?z", true)]
    [InlineData("User-agent: other\nDisallow: /", "/a", true)]
    [InlineData("User-agent: other\nUser-agent: mistralstudio\nDisallow: /\n\nUser-agent: *\nAllow: /", "/a", false)]
    [InlineData("User-agent: *\nDisallow:", "/a", true)]
    [InlineData("# nothing\n", "/a", true)]
    [InlineData("Disallow: /", "/a", true)]
    public void LongestRuleOfOurGroup_Decides(string file, string path, bool allowed)
    {
        Assert.Equal(allowed, RobotsRules.Parse(file).Allows(path));
    }

    [Fact]
    public void Delay_IsKept_WithinReason()
    {
        Assert.Equal(TimeSpan.FromSeconds(2.5), RobotsRules.Parse("User-agent: *\nCrawl-delay: 2.5\nDisallow: /x").Delay);
        Assert.Equal(TimeSpan.FromSeconds(10), RobotsRules.Parse("User-agent: *\nCrawl-delay: 9000").Delay);
    }
}
