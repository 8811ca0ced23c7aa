using Microsoft.Playwright;

// Each test has a server with its model and a browser to itself; two at once would measure each other.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]

namespace MistralStudio.E2E.Tests;

/// <summary>One Chromium for all tests: the machine's own, named by <c>STUDIO_CHROMIUM</c>.</summary>
public sealed class BrowserFixture : IAsyncLifetime
{
    // The first line is what Playwright turns off itself, whose list ours replaces. The second are pages of the address bar, which nobody sees here and
    // which every window would prepare: a third of the browser's processor time.
    private const string Off =
        "AvoidUnnecessaryBeforeUnloadCheckSync,DestroyProfileOnBrowserClose,DialMediaRouteProvider,GlobalMediaControls,HttpsUpgrades,LensOverlay,MediaRouter,PaintHolding,ThirdPartyStoragePartitioning,BlockOriginHeaderModificationOnRedirect,AvoidCorsURLLoaderRestartOnRedirect,Translate,AutoDeElevate,OptimizationHints,NetworkTimeServiceQuerying,AimEnabled,"
        + "WebUIOmniboxPopup,WebUIOmniboxAimPopup,WebUIOmniboxFullPopup";

    private static readonly string[] s_places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

    private IPlaywright? _playwright;

    /// <summary>The browser.</summary>
    public IBrowser Browser { get; private set; } = null!;

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        var executable = Environment.GetEnvironmentVariable("STUDIO_CHROMIUM") is { Length: > 0 } named ? named : s_places.FirstOrDefault(File.Exists);
        Assert.SkipWhen(executable is null, "Chromium is not installed; bash tests/run.sh installs it.");
        _playwright = await Playwright.CreateAsync();
        Browser = await _playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = executable,
            Args =
            [
                "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
                "--disable-sync", $"--disable-features={Off}",
            ],
        });
        BrowserTests.LookAfter(Browser);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Browser is not null)
        {
            await Browser.DisposeAsync();
        }

        _playwright?.Dispose();
    }
}
