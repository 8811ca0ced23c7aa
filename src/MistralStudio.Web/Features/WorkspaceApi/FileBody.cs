using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;
using MistralStudio.Core;

namespace MistralStudio.Web.Features.WorkspaceApi;

/// <summary>The files of a multipart body, one after the other from the socket; none is held in memory.</summary>
internal static class FileBody
{
    /// <summary>The multipart field that holds files.</summary>
    public const string Field = "files";

    private const int MaxBoundary = 100;

    // Boundaries and part headers around the files of one request.
    private const long Framing = 1 << 20;

    /// <summary>Lets as much of a body in as files of this many bytes need.</summary>
    public static void Allow(HttpContext http, long bytes)
    {
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = bytes + Framing;
        }
    }

    /// <summary>Why a request is not read at all, said before a byte of it is; null where it is, with as much of it let in as one file of the largest size needs.</summary>
    /// <param name="tooLarge">Says so: its bytes, and the most that there may be.</param>
    public static Error? Admit(HttpContext http, long largest, Func<long, long, Error> tooLarge)
    {
        if (http.Request.ContentLength is { } length && length > largest + Framing)
        {
            return tooLarge(length, largest);
        }

        Allow(http, largest);
        return null;
    }

    /// <summary>Begins to read; fails where the body is no multipart.</summary>
    public static Result<MultipartReader> Open(HttpRequest request) =>
        MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
        && type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase)
        && HeaderUtilities.RemoveQuotes(type.Boundary) is { Length: > 0 and <= MaxBoundary } boundary
            ? new MultipartReader(boundary.ToString(), request.Body)
            : UploadErrors.NotMultipart();

    /// <summary>The next file; null at the end. What stands in other fields is passed over.</summary>
    public static async Task<UploadedFile?> NextAsync(this MultipartReader reader, CancellationToken cancellationToken)
    {
        while (await reader.ReadNextSectionAsync(cancellationToken) is { } section)
        {
            if (section.AsFileSection() is { Name: Field, FileStream: { } content } file)
            {
                return new UploadedFile(file.FileName, section.ContentType, content);
            }
        }

        return null;
    }

    /// <summary>True for what a body throws that is damaged or ended in the middle.</summary>
    public static bool IsBroken(Exception thrown, CancellationToken cancellationToken) =>
        thrown is InvalidDataException or IOException and not BadHttpRequestException && !cancellationToken.IsCancellationRequested;

    /// <summary>What a browser calls a file, as a label: no folder, no control character, never a path on this machine.</summary>
    public static string Label(string fileName)
    {
        var last = fileName[(fileName.LastIndexOfAny(['/', '\\']) + 1)..];
        var clean = new string([.. last.Where(c => !char.IsControl(c))]).Trim();
        return clean.Length switch { 0 => "unnamed", > 200 => clean[..150] + "…" + clean[^49..], _ => clean };
    }
}

/// <summary>A file of a body.</summary>
/// <param name="Name">As the browser sent it; <see cref="FileBody.Label"/> makes a label of it.</param>
internal sealed record UploadedFile(string Name, string? ContentType, Stream Content);

/// <summary>Expected failures of uploads.</summary>
internal static class UploadErrors
{
    public static Error NotMultipart() => new(
        "upload.not_multipart", "This is no multipart/form-data body.", $"Send the files as multipart/form-data in the field `{FileBody.Field}`.");

    public static Error NoFiles() => new(
        "upload.no_files", "The body holds no files.", $"Put each file in a part named `{FileBody.Field}`, with a file name.");

    public static Error TooManyFiles(int most) => new(
        "upload.too_many_files", $"One request may carry up to {most} files.", "Send the others in another request; those before are stored.");

    public static Error Broken() => new("upload.broken", "The upload ended in the middle or is damaged.", "Send the file again.");
}
