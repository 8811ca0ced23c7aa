using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;
using MistralStudio.Core;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Web.Features.KnowledgeApi;

/// <summary>Takes the files of a multipart body one after the other, each from the socket to the blob store; none is held in memory.</summary>
internal sealed class DocumentUpload(IDocumentIntake intake)
{
    /// <summary>The multipart field that holds files.</summary>
    public const string Field = "files";

    /// <summary>Most files of one request.</summary>
    public const int MaxFiles = 200;

    private const int MaxBoundary = 100;

    // Boundaries and part headers around the files of one request.
    private const long Framing = 1 << 20;

    /// <summary>Reads the body to its end. A file that is refused does not stop those after it.</summary>
    public async Task<Result<WireUpload>> ReadAsync(
        HttpRequest request, KnowledgeAccess access, KnowledgeBaseId id, UserId? by, CancellationToken cancellationToken)
    {
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
            || !type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase)
            || HeaderUtilities.RemoveQuotes(type.Boundary) is not { Length: > 0 and <= MaxBoundary } boundary)
        {
            return UploadErrors.NotMultipart();
        }

        var documents = new List<WireDocument>();
        var refused = new List<WireRefused>();
        try
        {
            var reader = new MultipartReader(boundary.ToString(), request.Body);
            while (await reader.ReadNextSectionAsync(cancellationToken) is { } section)
            {
                if (section.AsFileSection() is not { Name: Field } file || file.FileStream is null)
                {
                    continue;
                }

                if (documents.Count + refused.Count == MaxFiles)
                {
                    return UploadErrors.TooManyFiles();
                }

                // What the browser calls it is a label: no folder, no control character, never a path on this machine.
                var name = Label(file.FileName);
                var added = await intake.AddAsync(access, id, name, section.ContentType, file.FileStream, by, cancellationToken);
                if (added.IsSuccess)
                {
                    documents.Add(WireDocument.From(added.Value));
                }
                else if (added.Error.Code == KnowledgeErrors.BaseNotFound().Code)
                {
                    return added.Error;
                }
                else
                {
                    refused.Add(new(name, added.Error));
                }
            }
        }
        catch (Exception broken) when (broken is InvalidDataException or IOException and not BadHttpRequestException && !cancellationToken.IsCancellationRequested)
        {
            return documents.Count == 0 ? UploadErrors.Broken() : new WireUpload(documents, [.. refused, new("", UploadErrors.Broken())]);
        }

        return (documents, refused) switch
        {
            ([], []) => UploadErrors.NoFiles(),
            ([], [var only, ..]) => only.Error,
            _ => new WireUpload(documents, refused),
        };
    }

    /// <summary>Why a request is not read at all; null where it is, with as much body let in as one file of the largest size needs.</summary>
    public static Error? Admit(HttpContext http, long largest)
    {
        // Said before a byte of it is read; the limit of each file is the intake's.
        var most = largest + Framing;
        if (http.Request.ContentLength is { } length && length > most)
        {
            return KnowledgeErrors.DocumentTooLarge(length, largest);
        }

        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = most;
        }

        return null;
    }

    /// <summary>What a browser calls a file, as a label: no folder, no control character, never a path on this machine.</summary>
    public static string Label(string fileName)
    {
        var last = fileName[(fileName.LastIndexOfAny(['/', '\\']) + 1)..];
        var clean = new string([.. last.Where(c => !char.IsControl(c))]).Trim();
        return clean.Length switch { 0 => "unnamed", > 200 => clean[..150] + "…" + clean[^49..], _ => clean };
    }
}

/// <summary>Expected failures of uploads.</summary>
internal static class UploadErrors
{
    public static Error NotMultipart() => new(
        "upload.not_multipart", "This is no multipart/form-data body.", $"Send the files as multipart/form-data in the field `{DocumentUpload.Field}`.");

    public static Error NoFiles() => new(
        "upload.no_files", "The body holds no files.", $"Put each file in a part named `{DocumentUpload.Field}`, with a file name.");

    public static Error TooManyFiles() => new(
        "upload.too_many_files", $"One request may carry up to {DocumentUpload.MaxFiles} files.", "Send the others in another request; those before are stored.");

    public static Error Broken() => new("upload.broken", "The upload ended in the middle or is damaged.", "Send the file again.");
}
