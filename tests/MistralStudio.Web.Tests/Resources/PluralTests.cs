using System.Globalization;
using MistralStudio.Web.Resources;

namespace MistralStudio.Web.Tests.Resources;

public sealed class PluralTests
{
    [Theory]
    [InlineData("en", 0, false)]
    [InlineData("en", 1, true)]
    [InlineData("en", 2, false)]
    [InlineData("de-AT", 1, true)]
    [InlineData("fr", 0, true)]
    [InlineData("fr", 1, true)]
    [InlineData("fr", 2, false)]
    [InlineData("zh-Hans", 1, false)]
    public void One_IsAsTheLanguageSays(string culture, long count, bool isOne) =>
        Assert.Equal(isOne, Plurals.IsOne(count, CultureInfo.GetCultureInfo(culture)));
}
