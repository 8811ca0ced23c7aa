using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;
using MistralStudio.Core;
using MistralStudio.Core.Batches;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Tables;
using MistralStudio.Web.Features.KnowledgeApi;

namespace MistralStudio.Web.Features.BatchesApi;

/// <summary>Takes the one file of a multipart body from the socket to the disk; none of it is held in memory.</summary>
internal static class TableUpload
{
    private const int MaxBoundary = 100;
    private const long Framing = 1 << 20;

    /// <summary>Why a request is not read at all; null where it is, with as much body let in as the largest table needs.</summary>
    public static Error? Admit(HttpContext http, long largest)
    {
        if (http.Request.ContentLength is { } length && length > largest + Framing)
        {
            return TableErrors.TooLarge(length, largest);
        }

        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = largest + Framing;
        }

        return null;
    }

    /// <summary>Reads the first file of the body.</summary>
    public static async Task<Result<StoredTable>> ReadAsync(HttpRequest request, ITableStore tables, WorkspaceId workspace, UserId by, CancellationToken cancellationToken)
    {
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
            || !type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase)
            || HeaderUtilities.RemoveQuotes(type.Boundary) is not { Length: > 0 and <= MaxBoundary } boundary)
        {
            return UploadErrors.NotMultipart();
        }

        try
        {
            var reader = new MultipartReader(boundary.ToString(), request.Body);
            while (await reader.ReadNextSectionAsync(cancellationToken) is { } section)
            {
                if (section.AsFileSection() is { Name: DocumentUpload.Field, FileStream: { } content } file)
                {
                    return await tables.AddAsync(workspace, DocumentUpload.Label(file.FileName), content, by, cancellationToken);
                }
            }

            return UploadErrors.NoFiles();
        }
        catch (Exception broken) when (broken is InvalidDataException or IOException and not BadHttpRequestException && !cancellationToken.IsCancellationRequested)
        {
            return UploadErrors.Broken();
        }
    }
}
