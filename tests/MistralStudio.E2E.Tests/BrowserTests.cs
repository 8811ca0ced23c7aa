using System.Collections.Concurrent;
using Microsoft.Playwright;

namespace MistralStudio.E2E.Tests;

/// <summary>
/// Tests with a browser: what one of them leaves open is closed, and where it failed what its pages show is written down first, since on another
/// machine nobody can look.
/// </summary>
public abstract class BrowserTests : IAsyncDisposable
{
    private const int MostCharacters = 3_000;

    private static readonly ConcurrentDictionary<IBrowser, byte> s_browsers = [];

    /// <summary>Looks after the pages of a browser until it is closed.</summary>
    public static void LookAfter(IBrowser browser)
    {
        ArgumentNullException.ThrowIfNull(browser);
        s_browsers.TryAdd(browser, 0);
        browser.Disconnected += (_, _) => s_browsers.TryRemove(browser, out _);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        foreach (var context in s_browsers.Keys.SelectMany(browser => browser.Contexts).ToList())
        {
            if (TestContext.Current.TestState?.Result == TestResult.Failed)
            {
                foreach (var page in context.Pages)
                {
                    TestContext.Current.TestOutputHelper?.WriteLine($"{page.Url} shows:\n{await TextAsync(page)}\n");
                }
            }

            await context.CloseAsync();
        }
    }

    private static async Task<string> TextAsync(IPage page)
    {
        try
        {
            var text = await page.EvaluateAsync<string>("() => document.body.innerText").WaitAsync(TimeSpan.FromSeconds(10));
            return text.Length > MostCharacters ? text[..MostCharacters] : text;
        }
        catch (Exception exception) when (exception is PlaywrightException or TimeoutException)
        {
            return exception.Message;
        }
    }
}
