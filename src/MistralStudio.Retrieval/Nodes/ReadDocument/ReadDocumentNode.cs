using Microsoft.Extensions.Options;
using MistralStudio.Core;
using MistralStudio.Core.Blobs;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Knowledge;
using MistralStudio.Retrieval.Documents;

namespace MistralStudio.Retrieval.Nodes.ReadDocument;

/// <summary>Reads what a file says.</summary>
internal static class ReadDocumentNode
{
    public static NodeType Type { get; } = new()
    {
        Id = "read-document",
        Category = NodeCategory.Knowledge,
        Schema = """{ "type": "object", "properties": {}, "additionalProperties": false }""",
        Ports = _ => new NodePorts([new Port("file", PortType.File)], [new Port("text", PortType.Text), new Port("pages", PortType.ListOf(PortType.Text))]),
        Policy = new NodePolicy { Timeout = TimeSpan.FromMinutes(10) },
        Help = "Reads the text of a file: PDF, Office, web pages, mail, pictures with text and many more, each by a process of its own with limits, so that a bad file fails alone. \"pages\" has the text page by page, and all of it as one where the format has no pages.",
        Example = "{}",
    };
}

/// <summary>Runs Read document nodes.</summary>
internal sealed class ReadDocumentExecutor(DocumentReader reader, IBlobStore blobs, IKnowledgeStates knowledge, IOptions<KnowledgeOptions> options) : INodeExecutor
{
    /// <inheritdoc/>
    public string Type => ReadDocumentNode.Type.Id;

    /// <inheritdoc/>
    public async ValueTask<NodeOutcome> ExecuteAsync(NodeExecution execution, CancellationToken cancellationToken)
    {
        var file = execution.Inputs["file"].Json;
        var (sha256, name) = (file.GetProperty("sha256").GetString()!, file.GetProperty("name").GetString()!);
        await using var stored = await blobs.OpenAsync(execution.Start.Workspace, sha256, cancellationToken);
        if (stored is null)
        {
            return new NodeOutcome.Failed(ReadDocumentErrors.FileGone(name));
        }

        var content = await ReadAsync(stored, options.Value.MaxDocumentBytes, cancellationToken);
        if (content is not { Length: > 0 })
        {
            return new NodeOutcome.Failed(content is null ? KnowledgeErrors.DocumentTooLarge(stored.Length, options.Value.MaxDocumentBytes) : KnowledgeErrors.DocumentEmpty(name));
        }

        var read = await reader.ReadAsync(content, name, _ => { }, cancellationToken);
        if (!read.IsSuccess)
        {
            return new NodeOutcome.Failed(read.Error);
        }

        // A file that a knowledge base has too is that document, whatever way it came: its words stay where the base's do.
        var sources = await knowledge.ListDocumentsOfAsync(execution.Start.Workspace, sha256, cancellationToken);
        var text = read.Value;
        return new NodeOutcome.Succeeded(new Dictionary<string, FlowValue>(StringComparer.Ordinal)
        {
            ["text"] = FlowValue.Of(text.Text) with { Sources = sources },
            ["pages"] = FlowValue.From(text.Pages.Count == 0 ? [text.Text] : text.Pages.Select(page => text.Text[page.Start..page.End])) with { Sources = sources },
        });
    }

    // Null where it is longer.
    private static async Task<byte[]?> ReadAsync(Stream stored, long most, CancellationToken cancellationToken)
    {
        using var content = new MemoryStream();
        var buffer = new byte[81_920];
        int read;
        while ((read = await stored.ReadAsync(buffer, cancellationToken)) > 0)
        {
            if (content.Length + read > most)
            {
                return null;
            }

            content.Write(buffer, 0, read);
        }

        return content.ToArray();
    }
}

/// <summary>Expected failures of Read document nodes.</summary>
public static class ReadDocumentErrors
{
    public static Error FileGone(string name) => new(
        "read_document.file_gone",
        $"The file \"{(name.Length <= 100 ? name : name[..97] + "...")}\" is not here.",
        "Start the run again with the file; this workspace keeps it as long as the run.");
}
