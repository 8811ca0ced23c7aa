using MistralStudio.Core;

namespace MistralStudio.Retrieval.Documents;

/// <summary>Ends the reading of a document from inside a parser; caught where the document was handed in, and shown as its failure.</summary>
internal sealed class DocumentException(Error error) : Exception(error.Message)
{
    /// <summary>The reason, for the person whose document it is.</summary>
    public Error Error { get; } = error;
}
