using MistralStudio.Core;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Retrieval.Documents;

/// <summary>Markdown, plain text and source code: the text is what the file says, in whatever encoding.</summary>
internal sealed class TextParser : IDocumentParser
{
    public Result<ExtractedText> Parse(byte[] content, KnowledgeOptions limits, Action<double> progress, CancellationToken cancellationToken) =>
        new ExtractedText(TextEncodings.Decode(content), [], []);
}
