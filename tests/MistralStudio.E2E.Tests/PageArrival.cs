using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace MistralStudio.E2E.Tests;

/// <summary>Waits until a page is where it was sent.</summary>
public static class PageArrival
{
    private const float LongestMilliseconds = 90_000;

    /// <summary>
    /// Waits until the address of a page ends as a pattern says. The browser is asked again and again: <see cref="IPage.WaitForURLAsync(string,
    /// PageWaitForURLOptions)"/> looks for the event "load" of the page too, and misses one that comes between its look and its listening.
    /// </summary>
    public static Task ArriveAsync(this IPage page, [StringSyntax(StringSyntaxAttribute.Regex)] string end)
    {
        ArgumentNullException.ThrowIfNull(page);
        return Assertions.Expect(page).ToHaveURLAsync(new Regex($"{end}$"), new() { Timeout = LongestMilliseconds });
    }
}
