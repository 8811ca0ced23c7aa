using Microsoft.Extensions.Logging.Abstractions;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Retrieval.Index;
using MistralStudio.Retrieval.Splitting;

namespace MistralStudio.Benchmarks.Retrieval;

/// <summary>An index file with one document of given passages.</summary>
internal sealed class BenchmarkIndex : IDisposable
{
    private readonly EmbeddedIndex _index;
    private readonly Dictionary<PassageId, int> _ordinals = [];
    private readonly KnowledgeDocument _document = Document("", KnowledgeBaseId.New(), WorkspaceId.New());

    public BenchmarkIndex(string folder)
    {
        var file = IndexFile.Open(Path.Combine(folder, "index.db"), NullLogger.Instance);
        Resident = new(file);
        Legs = new(file, Resident);
        _index = new(file, Resident, Legs);
    }

    public ResidentVectors Resident { get; }

    public EmbeddedSearch Legs { get; }

    public KnowledgeBaseId Base => _document.Base;

    public Task FillAsync(IReadOnlyList<string> texts, IReadOnlyList<ReadOnlyMemory<float>> vectors, IReadOnlyList<string?>? sections = null) =>
        AddAsync(_document, texts, vectors, sections);

    /// <summary>Shows a document; returns its first passage.</summary>
    public async Task<PassageId> AddAsync(
        KnowledgeDocument document, IReadOnlyList<string> texts, IReadOnlyList<ReadOnlyMemory<float>> vectors, IReadOnlyList<string?>? sections = null)
    {
        var passages = texts.Select((text, i) => Passage(document.Id, i, text) with { Section = sections?[i] }).ToList();
        passages.ForEach(passage => _ordinals[passage.Id] = passage.Ordinal);
        await _index.StageAsync(Base, [.. passages.Zip(vectors)], CancellationToken.None);
        await _index.PublishAsync(document, passages, CancellationToken.None);
        return passages[0].Id;
    }

    /// <summary>Which of the texts a passage is.</summary>
    public int Ordinal(PassageId passage) => _ordinals[passage];

    public void Dispose() => _index.Dispose();

    public static KnowledgeDocument Document(string name, KnowledgeBaseId parent, WorkspaceId workspace) => new(
        DocumentId.New(), parent, workspace, name, "text/plain", 1, "", DocumentState.Indexing, 0, 0, 0, null, default, default);

    public static Passage Passage(DocumentId document, int ordinal, string text)
    {
        // The ordinal is in the hash: equal texts have vectors of their own here.
        var hash = PassageIdentity.HashContent($"{ordinal} {text}", null);
        return new(PassageIdentity.Create(document, hash, 0), document, ordinal, text, null, 0, text.Length, null, hash);
    }
}
