using System.Net;
using System.Text;
using MistralStudio.Core;

namespace MistralStudio.Agents.Outside;

/// <summary>What answers and failures of servers mean for another try; plain decisions.</summary>
internal static class ServerAnswer
{
    /// <summary>The longest pause that a server may ask for: what is longer is nobody's patience.</summary>
    public static readonly TimeSpan MostPause = TimeSpan.FromHours(1);

    /// <summary>True for a status that may be another one a little later.</summary>
    public static bool IsTransient(HttpStatusCode status) =>
        status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or (HttpStatusCode)425 || (int)status >= 500;

    /// <summary>True for a failure of the way out that may be none a little later.</summary>
    public static bool IsTransient(Error error) => error.Code is "egress.unreachable" or "egress.timeout" or "egress.broken" or "egress.unknown_host";

    /// <summary>How long a server asks to be left alone; null where it does not.</summary>
    public static TimeSpan? PauseOf(HttpResponseMessage response, DateTimeOffset now)
    {
        var asked = response.Headers.RetryAfter is not { } header ? null : header.Delta ?? header.Date - now;
        return asked is not { } pause || pause <= TimeSpan.Zero ? null : pause < MostPause ? pause : MostPause;
    }

    /// <summary>The text of a body; null where it is none.</summary>
    public static string? TextOf(ReadOnlySpan<byte> body, string? charset)
    {
        var encoding = Named(charset) ?? new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
        try
        {
            var text = encoding.GetString(body.StartsWith("\uFEFF"u8) && encoding is UTF8Encoding ? body[3..] : body);
            return text.Contains('\0', StringComparison.Ordinal) ? null : text;
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    private static Encoding? Named(string? charset)
    {
        if (charset?.Trim('"', ' ') is not { Length: > 0 } name || name.Equals("utf-8", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        try
        {
            return Encoding.GetEncoding(name, EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }
}
