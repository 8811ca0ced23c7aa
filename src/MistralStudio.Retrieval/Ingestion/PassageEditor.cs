using MistralStudio.Core;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Work;
using MistralStudio.Retrieval.Splitting;

namespace MistralStudio.Retrieval.Ingestion;

/// <inheritdoc cref="IPassageEditor"/>
internal sealed class PassageEditor(IKnowledgeStore knowledge, IPassageRevisions revisions, IWorkOwner work, TimeProvider time) : IPassageEditor
{
    /// <inheritdoc/>
    public async Task<Result<Passage>> ChangeAsync(
        WorkspaceId workspace, KnowledgeBaseId id, PassageId passage, PassageChange change, int wasVersion, UserId? by, CancellationToken cancellationToken)
    {
        if (await knowledge.FindPassageAsync(workspace, id, passage, cancellationToken) is not { } found)
        {
            return KnowledgeErrors.PassageNotFound();
        }

        // A text that says what the document says is the document's.
        var text = change.Text?.ReplaceLineEndings("\n").Trim();
        text = text == found.Text.Trim() ? null : text;
        if (text is { Length: 0 or > IPassageEditor.LongestText })
        {
            return KnowledgeErrors.PassageText();
        }

        List<string> keywords = [.. change.Keywords.Select(keyword => string.Join(' ', keyword.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)))
            .Where(keyword => keyword.Length > 0).Distinct(StringComparer.OrdinalIgnoreCase)];
        if (keywords.Count > IPassageEditor.MostKeywords || keywords.Exists(keyword => keyword.Length > IPassageEditor.LongestKeyword))
        {
            return KnowledgeErrors.PassageKeywords();
        }

        var isSame = found.Revision?.Text == text && found.IsDisabled == change.IsDisabled && found.Keywords.SequenceEqual(keywords);
        if (isSame && (found.Revision?.Version ?? 0) == wasVersion)
        {
            return found;
        }

        var hash = text is null ? null : PassageIdentity.HashContent(text, found.Section);
        var revision = new PassageRevision(text, hash, change.IsDisabled, keywords, wasVersion + 1, by, null, time.GetUtcNow());
        if (!await revisions.ReviseAsync(workspace, id, passage, revision, cancellationToken))
        {
            return await knowledge.FindPassageAsync(workspace, id, passage, cancellationToken) is { } now
                ? KnowledgeErrors.PassageConflict(now.Revision?.ByName)
                : KnowledgeErrors.PassageNotFound();
        }

        await work.StartAsync(IngestionExecutor.Work(found.Document), CancellationToken.None);
        return await knowledge.FindPassageAsync(workspace, id, passage, cancellationToken) is { } changed ? changed : KnowledgeErrors.PassageNotFound();
    }
}
