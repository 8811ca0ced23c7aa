using System.Net;
using MistralStudio.Tests.Shared;

namespace MistralStudio.Web.Tests.Hosting;

public sealed class TelemetryTests
{
    private static readonly Uri s_metrics = new("/metrics", UriKind.Relative);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Metrics_AreForKeysThatMayReadUsage()
    {
        await using var studio = await StudioServer.StartAsync();
        var (_, reader) = await studio.NewProgramAsync("usage:read");
        var (_, other) = await studio.NewProgramAsync("models:use");
        using var browser = studio.NewBrowser();

        using var text = await reader.GetAsync(s_metrics, Stop);
        using var refused = await other.GetAsync(s_metrics, Stop);
        using var stranger = await browser.GetAsync(s_metrics, Stop);

        Assert.Equal(HttpStatusCode.OK, text.StatusCode);
        Assert.Contains("dotnet_", await text.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        Assert.NotEqual(HttpStatusCode.OK, stranger.StatusCode);
    }

    [Fact]
    public async Task TheManagementAddress_AnswersMetricsWithoutAKey_AndNothingElse()
    {
        var management = new Uri($"http://127.0.0.1:{FreePort.Take()}");
        await using var studio = await StudioServer.StartAsync(true, $"--Studio:ManagementUrl={management}");
        using var scraper = studio.NewBrowser();

        Assert.Contains("dotnet_", await scraper.GetStringAsync(new Uri(management, "/metrics"), Stop), StringComparison.Ordinal);
        Assert.Equal("ok", await scraper.GetStringAsync(new Uri(management, "/healthz"), Stop));
        foreach (var path in new[] { "/", "/sign-in", "/v1/models", "/api/members", "/metrics/../sign-in" })
        {
            using var answer = await scraper.GetAsync(new Uri(management, path), Stop);
            Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        }

        using var elsewhere = await scraper.GetAsync(new Uri(studio.Url, "/metrics"), Stop);
        Assert.NotEqual(HttpStatusCode.OK, elsewhere.StatusCode);
    }
}
