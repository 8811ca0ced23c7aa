using System.Net;
using System.Net.Http.Headers;
using MistralStudio.Core;
using MistralStudio.Core.Egress;
using MistralStudio.Core.Models;

namespace MistralStudio.Web.Features.Models;

/// <summary>Fetches models through the guarded way out: goes on where a connection broke, with Range and If-Range (RFC 9110, 13 and 14).</summary>
public sealed class EgressDownload(IEgress egress, TimeProvider time) : IModelDownload
{
    private const int MostFailures = 4;
    private const int Buffer = 1 << 20;

    // A model takes hours on a slow line: only silence ends it.
    private static readonly EgressLimits s_limits = new() { TotalTimeout = Timeout.InfiniteTimeSpan, IdleTimeout = TimeSpan.FromSeconds(60) };

    /// <inheritdoc/>
    public async Task<Result<Unit>> FetchAsync(DownloadRequest request, CancellationToken cancellationToken)
    {
        var validator = request.Validator;
        for (var failures = 0; ;)
        {
            var before = LengthOf(request.File);
            var attempt = await TryAsync(request with { Validator = validator }, found => validator = found, cancellationToken);
            if (attempt is not { IsBroken: true })
            {
                return attempt.Error is { } error ? error : default(Unit);
            }

            // Whoever sends something each time may break off as often as it likes.
            failures = LengthOf(request.File) > before && validator is not null ? 1 : failures + 1;
            if (failures == MostFailures)
            {
                return attempt.Error ?? ImportErrors.Broken(request.Address.Host);
            }

            await Task.Delay(TimeSpan.FromMilliseconds(200 * Math.Pow(3, failures - 1)), time, cancellationToken);
        }
    }

    private async Task<Attempt> TryAsync(DownloadRequest request, Action<string?> onValidator, CancellationToken cancellationToken)
    {
        var begun = request.Validator is null ? 0 : LengthOf(request.File);
        using var asked = new HttpRequestMessage(HttpMethod.Get, request.Address);
        if (begun > 0)
        {
            asked.Headers.Range = new RangeHeaderValue(begun, null);
            asked.Headers.TryAddWithoutValidation("If-Range", request.Validator);
        }

        var sent = await egress.SendAsync(request.Workspace, asked, s_limits with { MaxBytes = request.MaxBytes }, cancellationToken);
        if (!sent.IsSuccess)
        {
            // A connection that does not come about now may do so later; what is refused stays refused.
            return new(sent.Error, sent.Error.Code is "egress.unreachable" or "egress.timeout" or "egress.broken");
        }

        using var answer = sent.Value;
        var goesOn = answer.StatusCode == HttpStatusCode.PartialContent && answer.Content.Headers.ContentRange?.From == begun;
        if (answer.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable && begun > 0)
        {
            // What is here is longer than the file there: another file by now.
            File.Delete(request.File);
            return new(null, IsBroken: true);
        }

        if (answer.StatusCode != HttpStatusCode.OK && !goesOn)
        {
            return new(ImportErrors.Answered(request.Address.Host, (int)answer.StatusCode));
        }

        if (answer.Content.Headers.ContentType?.MediaType is "text/html" or "application/xhtml+xml")
        {
            return new(ImportErrors.WebPage(request.Address.GetLeftPart(UriPartial.Path)));
        }

        var start = goesOn ? begun : 0;
        long? total = goesOn ? answer.Content.Headers.ContentRange!.Length : answer.Content.Headers.ContentLength;
        if (total > request.MaxBytes)
        {
            return new(ImportErrors.TooLarge(total.Value, request.MaxBytes));
        }

        var validator = ValidatorOf(answer);
        onValidator(validator);
        if (!goesOn)
        {
            File.Delete(request.File);
        }

        if (request.OnHead(total, validator) is { } refused)
        {
            return new(refused);
        }

        return await WriteAsync(request, answer, start, total, cancellationToken);
    }

    private static async Task<Attempt> WriteAsync(DownloadRequest request, HttpResponseMessage answer, long start, long? total, CancellationToken cancellationToken)
    {
        var written = start;
        try
        {
            await using var from = await answer.Content.ReadAsStreamAsync(cancellationToken);
            await using var to = new FileStream(request.File, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read, 0, FileOptions.Asynchronous);
            to.Seek(start, SeekOrigin.Begin);
            var buffer = new byte[Buffer];
            while (await from.ReadAsync(buffer, cancellationToken) is > 0 and var count)
            {
                await to.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
                written += count;
                request.OnProgress(written);
            }

            to.Flush(flushToDisk: true);
        }
        catch (EgressException failure) when (failure.Error.Code == EgressErrors.TooLarge(default, 0).Code)
        {
            return new(failure.Error);
        }
        catch (EgressException)
        {
            return new(null, IsBroken: true);
        }

        return new(null, IsBroken: total is { } whole && written < whole);
    }

    // A weak ETag promises nothing about bytes; a date does where there is no other.
    private static string? ValidatorOf(HttpResponseMessage answer) => answer.Headers.ETag is { IsWeak: false } tag
        ? tag.Tag
        : answer.Content.Headers.LastModified?.ToString("R", System.Globalization.CultureInfo.InvariantCulture);

    private static long LengthOf(string file) => File.Exists(file) ? new FileInfo(file).Length : 0;

    private readonly record struct Attempt(Error? Error, bool IsBroken = false);
}
