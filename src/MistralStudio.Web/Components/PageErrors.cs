using MistralStudio.Core;

namespace MistralStudio.Web.Components;

/// <summary>Failures of a page as such.</summary>
public static class PageErrors
{
    public static Error Broken() => new(
        "page.broken",
        "This page met an error that it was not made for.",
        "What was saved is safe. Reload the page; if it happens again, look the trace up in the log.");
}
