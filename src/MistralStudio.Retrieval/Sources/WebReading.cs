using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using MistralStudio.Core;
using MistralStudio.Core.Egress;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Retrieval.Documents;

namespace MistralStudio.Retrieval.Sources;

/// <summary>
/// Reads a web page and, so deep as wanted, the pages of the same site that it links to: by the guarded way out, as robots.txt allows, one after
/// the other. Nothing in a page is parsed here but its links; what it says is read where all documents are.
/// </summary>
internal sealed partial class WebReading(IEgress egress, TimeProvider time)
{
    private const string GoneCode = "knowledge.source_gone";
    private const int LongestAddress = 2_000;
    private const int MostLinksOfAPage = 2_000;

    private static readonly EgressLimits s_page = new() { MaxBytes = 32 << 20, TotalTimeout = TimeSpan.FromSeconds(60) };
    private static readonly EgressLimits s_robots = new() { MaxBytes = 512 << 10, TotalTimeout = TimeSpan.FromSeconds(20) };

    /// <summary>Why an address may not be a source; null where it may.</summary>
    public static Error? Refuse(string address) =>
        Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.UserInfo.Length == 0 && address.Length <= LongestAddress
            ? null
            : SourceErrors.NoAddress(address);

    /// <summary>The pages, nearest first. The first one failing fails the source (<see cref="SourceException"/>); another is found without bytes.</summary>
    public async IAsyncEnumerable<FoundItem> ReadAsync(
        WorkspaceId workspace, SourceSettings settings, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var start = new Uri(settings.Location);
        var seen = new HashSet<string>(StringComparer.Ordinal) { KeyOf(start) };
        var waiting = new Queue<(Uri Address, int Depth)>([(start, 0)]);
        var robots = await RobotsAsync(workspace, start, cancellationToken);
        var origin = start.GetLeftPart(UriPartial.Authority);
        for (var first = true; waiting.TryDequeue(out var next); first = false)
        {
            if (!robots.Allows(next.Address.PathAndQuery))
            {
                if (first)
                {
                    throw new SourceException(SourceErrors.Disallowed(settings.Location));
                }

                continue;
            }

            if (!first && robots.Delay > TimeSpan.Zero)
            {
                await Task.Delay(robots.Delay, time, cancellationToken);
            }

            var page = await FetchAsync(workspace, next.Address, cancellationToken);
            if (!page.IsSuccess)
            {
                if (first)
                {
                    throw new SourceException(page.Error);
                }

                // Gone for good is no longer there; anything else may be back the next time.
                if (page.Error.Code != GoneCode)
                {
                    yield return new(KeyOf(next.Address), next.Address.AbsolutePath, null, null, null);
                }

                continue;
            }

            var (address, content, type) = page.Value;
            if (first)
            {
                // The first page may stand elsewhere than it was named: www, https.
                (origin, robots) = address.GetLeftPart(UriPartial.Authority) is var there && there == origin
                    ? (origin, robots)
                    : (there, await RobotsAsync(workspace, address, cancellationToken));
                seen.Add(KeyOf(address));
            }
            else if (address.GetLeftPart(UriPartial.Authority) != origin || (KeyOf(address) != KeyOf(next.Address) && !seen.Add(KeyOf(address))))
            {
                continue;
            }

            var isPage = type is "text/html" or "application/xhtml+xml";
            var text = isPage ? TextEncodings.DecodeHtml(content) : "";
            yield return new(KeyOf(address), NameOf(address, text, isPage), type, null, () => new MemoryStream(content, writable: false));
            if (isPage && next.Depth < settings.Depth)
            {
                foreach (var link in Links(address, text).Where(link => link.GetLeftPart(UriPartial.Authority) == origin && seen.Add(KeyOf(link))))
                {
                    waiting.Enqueue((link, next.Depth + 1));
                }
            }
        }
    }

    /// <summary>Where a page's links lead, without fragments.</summary>
    internal static IEnumerable<Uri> Links(Uri page, string html)
    {
        foreach (var match in Link().Matches(html).Take(MostLinksOfAPage))
        {
            var address = WebUtility.HtmlDecode(match.Groups.Values.Skip(1).FirstOrDefault(group => group.Success)?.Value ?? "").Trim();
            if (address.Length is > 0 and <= LongestAddress && Uri.TryCreate(page, address, out var link) && link.Scheme is "http" or "https" && link.UserInfo.Length == 0)
            {
                yield return new Uri(link.GetLeftPart(UriPartial.Query));
            }
        }
    }

    private static string KeyOf(Uri address) => address.GetLeftPart(UriPartial.Query);

    private static string NameOf(Uri address, string html, bool isPage)
    {
        var last = Uri.UnescapeDataString(address.AbsolutePath.TrimEnd('/').Split('/')[^1]);
        var title = isPage && Title().Match(html) is { Success: true } found ? DocumentBuilder.Clean(WebUtility.HtmlDecode(found.Groups[1].Value)).Replace('/', '-') : "";
        var name = title.Length > 0 ? title[..Math.Min(title.Length, 150)] : last.Length > 0 ? last : address.Host;
        return isPage && !name.EndsWith(".html", StringComparison.OrdinalIgnoreCase) ? name + ".html" : name;
    }

    private async Task<RobotsRules> RobotsAsync(WorkspaceId workspace, Uri site, CancellationToken cancellationToken)
    {
        using var request = Request(new Uri(site, "/robots.txt"));
        var answer = await egress.SendAsync(workspace, request, s_robots, cancellationToken);
        if (!answer.IsSuccess)
        {
            throw new SourceException(answer.Error);
        }

        using var response = answer.Value;
        try
        {
            return response.IsSuccessStatusCode ? RobotsRules.Parse(TextEncodings.Decode(await response.Content.ReadAsByteArrayAsync(cancellationToken)))
                : (int)response.StatusCode >= 500 ? RobotsRules.Closed : RobotsRules.Open;
        }
        catch (EgressException broken)
        {
            throw new SourceException(broken.Error);
        }
    }

    private async Task<Result<(Uri Address, byte[] Content, string? Type)>> FetchAsync(WorkspaceId workspace, Uri address, CancellationToken cancellationToken)
    {
        using var request = Request(address);
        var answer = await egress.SendAsync(workspace, request, s_page, cancellationToken);
        if (!answer.IsSuccess)
        {
            return answer.Error;
        }

        using var response = answer.Value;
        if (response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Gone)
        {
            return SourceErrors.Answered(address.ToString(), (int)response.StatusCode) with { Code = GoneCode };
        }

        if (!response.IsSuccessStatusCode)
        {
            return SourceErrors.Answered(address.ToString(), (int)response.StatusCode);
        }

        try
        {
            var content = await response.Content.ReadAsByteArrayAsync(cancellationToken);
            return (response.RequestMessage?.RequestUri ?? address, content, response.Content.Headers.ContentType?.MediaType?.ToLowerInvariant());
        }
        catch (EgressException broken)
        {
            return broken.Error;
        }
    }

    private static HttpRequestMessage Request(Uri address)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.UserAgent.Add(new ProductInfoHeaderValue(RobotsRules.Agent, "1"));
        request.Headers.Accept.ParseAdd("text/html, application/xhtml+xml, application/pdf;q=0.9, */*;q=0.5");
        return request;
    }

    [GeneratedRegex("""<a\s[^>]{0,2000}?href\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", RegexOptions.IgnoreCase | RegexOptions.NonBacktracking)]
    private static partial Regex Link();

    [GeneratedRegex(@"<title[^>]*>([^<]{1,500})", RegexOptions.IgnoreCase | RegexOptions.NonBacktracking)]
    private static partial Regex Title();
}

/// <summary>Ends the reading of a source with what its owner should know.</summary>
internal sealed class SourceException(Error error) : Exception(error.Message)
{
    /// <summary>The reason.</summary>
    public Error Error { get; } = error;
}
