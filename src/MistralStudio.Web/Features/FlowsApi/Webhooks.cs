using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Mvc;
using MistralStudio.Core;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Flows.Definitions;
using MistralStudio.Flows.Hosting;
using MistralStudio.Web.Security;

namespace MistralStudio.Web.Features.FlowsApi;

/// <summary>
/// <c>POST /hooks/{flow}</c>: a signed call that starts a run. Signatures are those of Standard Webhooks (<c>webhook-id</c>,
/// <c>webhook-timestamp</c>, <c>webhook-signature</c>; https://www.standardwebhooks.com), or HMAC-SHA256 of the body in the header that the
/// flow's webhook node names. A call counts once, however often it comes.
/// </summary>
internal static class Webhooks
{
    private const int MostBytes = 1 << 20;
    private const string UsualHeader = "X-Signature-256";
    private static readonly TimeSpan s_tolerance = TimeSpan.FromMinutes(5);

    // What a flow may see of a call: no cookies, no keys.
    private static readonly HashSet<string> s_hidden = new(StringComparer.OrdinalIgnoreCase) { "Authorization", "Cookie", "Proxy-Authorization" };

    /// <summary>Where a flow's webhook is called.</summary>
    public static string AddressOf(FlowId flow) => $"/hooks/{flow}";

    /// <summary>Maps the endpoint. Who calls proves it by the signature.</summary>
    public static void MapWebhooks(this IEndpointRouteBuilder app) => app.MapPost("/hooks/{id:guid}", CallAsync).AllowAnonymous().DisableAntiforgery().ExcludeFromDescription();

    private static async Task<IResult> CallAsync(
        FlowId id, HttpContext http, [FromServices] IFlowTriggers triggers, [FromServices] IFlowStore flows, [FromServices] IFlowVersions versions, [FromServices] FlowRuns runs,
        [FromServices] TimeProvider time)
    {
        if (await ReadAsync(http) is not { } body)
        {
            return ErrorResults.From(WebhookErrors.TooLarge());
        }

        // One answer for what is not there, not signed and wrongly signed: nothing is to be learnt here.
        if (await triggers.FindWebhookAsync(id, http.RequestAborted) is not { } webhook
            || await flows.FindAsync(webhook.Workspace, id, http.RequestAborted) is not { PublishedVersion: { } number } flow
            || await versions.FindAsync(webhook.Workspace, flow.Slug, number, http.RequestAborted) is not { } version
            || FlowDefinitions.Read(version.Json).Value.Nodes.FirstOrDefault(node => node.Type == "webhook") is not { } node
            || Verify(http.Request, body, webhook.Secret, HeaderOf(node), time.GetUtcNow()) is not { } call)
        {
            return ErrorResults.From(WebhookErrors.NotSigned());
        }

        if (webhook.IsPaused)
        {
            return ErrorResults.From(WebhookErrors.Paused());
        }

        var order = new RunOrder
        {
            Workspace = webhook.Workspace,
            Flow = id,
            Version = VersionChoice.Of(number),
            Trigger = RunTrigger.Webhook,
            Inputs = new Dictionary<string, JsonElement> { ["body"] = BodyOf(body), ["headers"] = HeadersOf(http.Request) },
            Id = IdOf(id, call),
        };
        var started = await runs.StartAsync(order, http.RequestAborted);
        return started.Match<IResult>(run => TypedResults.Accepted((string?)null, new WireRunId(run)), ErrorResults.From);
    }

    /// <summary>What names the call, all of it signed; null where no signature holds.</summary>
    private static string? Verify(HttpRequest request, byte[] body, string secret, string header, DateTimeOffset now)
    {
        var headers = request.Headers;
        if (headers.TryGetValue("webhook-signature", out var signatures))
        {
            var (id, stamp) = (headers["webhook-id"].ToString(), headers["webhook-timestamp"].ToString());
            if (id.Length is 0 or > 200 || !long.TryParse(stamp, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
                || Math.Abs(now.ToUnixTimeSeconds() - seconds) > s_tolerance.TotalSeconds)
            {
                return null;
            }

            var key = Convert.FromBase64String(secret["whsec_".Length..]);
            var expected = HMACSHA256.HashData(key, (byte[])[.. Encoding.UTF8.GetBytes($"{id}.{stamp}."), .. body]);
            return signatures.ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries)
                .Any(one => one.StartsWith("v1,", StringComparison.Ordinal) && Same(one[3..], expected, isHex: false)) ? $"id/{id}" : null;
        }

        var sent = headers[header].ToString();
        var hex = sent.StartsWith("sha256=", StringComparison.OrdinalIgnoreCase) ? sent["sha256=".Length..] : sent;
        var plain = HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), body);
        return hex.Length > 0 && Same(hex, plain, isHex: true) ? $"body/{Convert.ToHexStringLower(plain)}" : null;
    }

    private static bool Same(string sent, byte[] expected, bool isHex)
    {
        try
        {
            return CryptographicOperations.FixedTimeEquals(isHex ? Convert.FromHexString(sent) : Convert.FromBase64String(sent), expected);
        }
        catch (FormatException)
        {
            return false;
        }
    }

    // The same call is the same run.
    private static RunId IdOf(FlowId flow, string call) => RunId.From(new Guid(SHA256.HashData(Encoding.UTF8.GetBytes($"webhook/{flow}/{call}")).AsSpan(0, 16)));

    private static string HeaderOf(FlowNode node) => node.Config is { } config && config.TryGetProperty("signatureHeader", out var named) ? named.GetString()! : UsualHeader;

    private static JsonElement BodyOf(byte[] body)
    {
        try
        {
            return body.Length == 0 ? JsonElement.Parse("null") : JsonElement.Parse(body);
        }
        catch (JsonException)
        {
            return JsonSerializer.SerializeToElement(Encoding.UTF8.GetString(body), FlowJson.Relaxed);
        }
    }

    private static JsonElement HeadersOf(HttpRequest request) => JsonSerializer.SerializeToElement(
        request.Headers.Where(header => !s_hidden.Contains(header.Key)).ToDictionary(header => header.Key.ToLowerInvariant(), header => header.Value.ToString(), StringComparer.Ordinal),
        FlowJson.Relaxed);

    private static async Task<byte[]?> ReadAsync(HttpContext http)
    {
        if (http.Request.ContentLength > MostBytes)
        {
            return null;
        }

        using var body = new MemoryStream();
        var buffer = new byte[16 * 1024];
        int read;
        while ((read = await http.Request.Body.ReadAsync(buffer, http.RequestAborted)) > 0)
        {
            if (body.Length + read > MostBytes)
            {
                return null;
            }

            body.Write(buffer, 0, read);
        }

        return body.ToArray();
    }
}

/// <summary>Expected failures of webhooks.</summary>
internal static class WebhookErrors
{
    public static Error None() => new("webhook.not_found", "This flow has no webhook.", "Make one first.");

    public static Error NotSigned() => new(
        "webhook.not_signed", "There is no webhook here, or the call was not signed with its secret in the last five minutes.",
        "Sign the call as the studio's documentation says, with the secret that was shown when the webhook was made.");

    public static Error Paused() => new("webhook.paused", "This webhook is paused.", "Send the call again later, or ask its workspace to go on.");

    public static Error TooLarge() => new("webhook.too_large", "The call is larger than 1 MB.", "Send where the data is instead of the data.");
}
