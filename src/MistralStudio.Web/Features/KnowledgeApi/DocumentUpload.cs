using MistralStudio.Core;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Web.Features.WorkspaceApi;

namespace MistralStudio.Web.Features.KnowledgeApi;

/// <summary>Takes the files of a multipart body one after the other, each from the socket to the blob store.</summary>
internal sealed class DocumentUpload(IDocumentIntake intake)
{
    /// <summary>Most files of one request.</summary>
    public const int MaxFiles = 200;

    /// <summary>Reads the body to its end. A file that is refused does not stop those after it.</summary>
    public async Task<Result<WireUpload>> ReadAsync(
        HttpRequest request, KnowledgeAccess access, KnowledgeBaseId id, UserId? by, CancellationToken cancellationToken)
    {
        var reader = FileBody.Open(request);
        if (!reader.IsSuccess)
        {
            return reader.Error;
        }

        var documents = new List<WireDocument>();
        var refused = new List<WireRefused>();
        try
        {
            while (await reader.Value.NextAsync(cancellationToken) is { } file)
            {
                if (documents.Count + refused.Count == MaxFiles)
                {
                    return UploadErrors.TooManyFiles(MaxFiles);
                }

                var name = FileBody.Label(file.Name);
                var added = await intake.AddAsync(access, id, name, file.ContentType, file.Content, by, cancellationToken);
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
        catch (Exception broken) when (FileBody.IsBroken(broken, cancellationToken))
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
}
