namespace MistralStudio.Web.Features.KnowledgeApi;

/// <summary>How much an upload may bring.</summary>
/// <param name="MaxDocumentBytes"><c>Knowledge:MaxDocumentBytes</c>: the limit of one file.</param>
public sealed record UploadLimits(long MaxDocumentBytes)
{
    // Boundaries and part headers around the file.
    private const long Framing = 1 << 20;

    /// <summary>The limit of one request, whatever the number of its files.</summary>
    public long MaxRequestBytes => MaxDocumentBytes + Framing;
}
