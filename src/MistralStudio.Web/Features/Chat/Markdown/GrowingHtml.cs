using System.Globalization;

namespace MistralStudio.Web.Features.Chat.Markdown;

/// <summary>
/// The markup of a block that still grows, as what a browser that has the one before needs to make it: how many of its characters stand, and
/// what follows them. A block is sent once as it grows, not once for each word; the browser's side of it is <c>growing</c> in <c>chat.ts</c>.
/// </summary>
public sealed class GrowingHtml
{
    private string _sent = "";

    /// <summary>The next markup, as <c>{kept}:{what follows}</c>. Whoever gets this must get every one, in order.</summary>
    public string Next(string html)
    {
        var kept = _sent.AsSpan().CommonPrefixLength(html);
        _sent = html;
        return string.Create(CultureInfo.InvariantCulture, $"{kept}:{html.AsSpan(kept)}");
    }
}
