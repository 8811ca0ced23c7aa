using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Tests.Shared.Fakes;

/// <summary>What people made of passages.</summary>
public sealed partial class InMemoryKnowledge : IPassageRevisions
{
    private readonly Dictionary<PassageId, PassageRevision> _revisions = [];

    /// <summary>The name of whoever changes passages.</summary>
    public string Editor { get; set; } = "Ada";

    public Task<bool> ReviseAsync(WorkspaceId workspace, KnowledgeBaseId id, PassageId passage, PassageRevision revision, CancellationToken cancellationToken) =>
        Commit(nameof(ReviseAsync), () =>
        {
            var found = AllPassages().FirstOrDefault(p => p.Id == passage && Mine(workspace, id, p.Document) is not null);
            if (found is null || (found.Revision?.Version ?? 0) != revision.Version - 1)
            {
                return false;
            }

            _revisions[passage] = revision with { ByName = Editor };
            Change(found.Document, d => d with { Revisions = d.Revisions + 1 });
            return _documents[found.Document].State != DocumentState.Indexed || Enter(found.Document, DocumentState.Embedding, null);
        });

    private static bool Fits(Passage passage, PassageFilter filter) =>
        (filter.Search is null || passage.ShownText.Contains(filter.Search, StringComparison.OrdinalIgnoreCase)
            || passage.Keywords.Any(keyword => keyword.Contains(filter.Search, StringComparison.OrdinalIgnoreCase)))
        && filter.Mark switch
        {
            PassageMark.Edited => passage.Edit is not null,
            PassageMark.Disabled => passage.IsDisabled,
            PassageMark.Keywords => passage.Keywords.Count > 0,
            PassageMark.Repeated => passage.Twins.Count > 0,
            _ => true,
        };

    private IEnumerable<Passage> Passages(DocumentId document) =>
        (_passages.GetValueOrDefault(document) ?? []).Select(p => _revisions.TryGetValue(p.Id, out var revision) ? p with { Revision = revision } : p);

    private IEnumerable<Passage> AllPassages() => _passages.Keys.SelectMany(Passages);

    private Passage WithTwins(Passage passage, KnowledgeBaseId id) => passage with
    {
        Twins = [.. AllPassages().Where(p => p.MatchHash == passage.MatchHash && p.Id != passage.Id && _documents[p.Document].Base == id)
            .Select(p => new PassageTwin(p.Id, p.Document, _documents[p.Document].Name))],
    };
}
