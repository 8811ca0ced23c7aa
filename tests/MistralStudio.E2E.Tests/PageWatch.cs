using System.Collections.Concurrent;
using Microsoft.Playwright;

namespace MistralStudio.E2E.Tests;

/// <summary>Notes what no page may do: break the content policy, ask another host for anything, leave an error in the console.</summary>
public sealed class PageWatch
{
    private readonly ConcurrentQueue<string> _faults = new();
    private int _requests;

    private PageWatch()
    {
    }

    /// <summary>What was seen so far, with the address of the page that did it.</summary>
    public IReadOnlyCollection<string> Faults => _faults;

    /// <summary>Number of addresses asked for so far.</summary>
    public int Requests => _requests;

    /// <summary>Watches a page from its next address on.</summary>
    public static async Task<PageWatch> StartAsync(IPage page, Uri studio)
    {
        var watch = new PageWatch();
        page.Console += (_, message) =>
        {
            // A page that is not there is answered with its status, which the browser calls an error.
            if (message.Type is "error" && !message.Text.Contains("status of 404", StringComparison.Ordinal))
            {
                watch._faults.Enqueue($"{page.Url}: {message.Text}");
            }
        };
        page.PageError += (_, error) => watch._faults.Enqueue($"{page.Url}: {error}");
        page.Request += (_, request) =>
        {
            Interlocked.Increment(ref watch._requests);
            if (new Uri(request.Url) is { Scheme: "http" or "https" or "ws" or "wss" } asked && asked.Authority != studio.Authority)
            {
                watch._faults.Enqueue($"{page.Url} asks {asked}");
            }
        };
        await page.AddInitScriptAsync("document.addEventListener('securitypolicyviolation', e => console.error('policy: ' + e.violatedDirective + ' ' + e.blockedURI))");
        return watch;
    }
}
