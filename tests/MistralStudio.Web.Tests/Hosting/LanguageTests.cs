namespace MistralStudio.Web.Tests.Hosting;

public sealed class LanguageTests
{
    [Theory]
    [InlineData("de-AT,de;q=0.9,en;q=0.5", "93,8 MB")]
    [InlineData("en-GB", "93.8 MB")]
    [InlineData("tlh", "93.8 MB")]
    [InlineData(null, "93.8 MB")]
    public async Task Numbers_AreWritten_AsTheBrowserAsks(string? language, string size)
    {
        await using var studio = await StudioServer.StartAsync();
        using var browser = await studio.SignInAsync();
        if (language is not null)
        {
            browser.DefaultRequestHeaders.Add("Accept-Language", language);
        }

        var owner = await studio.OwnerAsync();
        using var page = await browser.GetAsync(new Uri($"/w/{owner.Slug}/models", UriKind.Relative), TestContext.Current.CancellationToken);

        Assert.Contains(size, await StudioServer.TextOf(page), StringComparison.Ordinal);
    }
}
