using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Data.Knowledge;

/// <inheritdoc cref="IKnowledgeStates"/>
internal sealed class KnowledgeStates(IDbContextFactory<StudioDbContext> contexts) : IKnowledgeStates
{
    // As many parameters as every database takes in one query.
    private const int MostAtOnce = 500;

    public async Task<IReadOnlyList<KnowledgeBaseId>> ListBasesOfAsync(
        WorkspaceId workspace, IReadOnlyCollection<DocumentId> documents, CancellationToken cancellationToken)
    {
        if (documents.Count == 0)
        {
            return [];
        }

        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var bases = new HashSet<KnowledgeBaseId>();
        foreach (var some in documents.Distinct().Chunk(MostAtOnce))
        {
            bases.UnionWith(await context.Documents.Where(row => row.WorkspaceId == workspace && some.Contains(row.Id))
                .Select(row => row.KnowledgeBaseId).Distinct().ToListAsync(cancellationToken));
        }

        return [.. bases];
    }

    public async Task<IReadOnlyList<DocumentId>> ListDocumentsOfAsync(WorkspaceId workspace, string sha256, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Documents(workspace).Where(row => row.Sha256 == sha256).Select(row => row.Id).ToListAsync(cancellationToken);
    }

    public async Task<string> NameAsync(WorkspaceId workspace, IReadOnlyCollection<KnowledgeBaseId> bases, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var id in bases.Distinct())
        {
            var found = await context.Bases(workspace).Where(row => row.Id == id)
                .Select(row => new { row.EmbeddingModel, row.SettingsVersion, row.Store }).FirstOrDefaultAsync(cancellationToken);
            Add(hash, $"{id} {found?.EmbeddingModel} {found?.SettingsVersion} {found?.Store}");
            var rows = context.Documents(workspace, id).OrderBy(row => row.Id)
                .Select(row => new { row.Id, row.Name, row.State, row.TextSha256, row.PassageCount, row.Revisions, row.MetadataVersion });
            await foreach (var row in rows.AsAsyncEnumerable().WithCancellation(cancellationToken))
            {
                Add(hash, string.Create(
                    CultureInfo.InvariantCulture, $"{row.Id} {row.State} {row.TextSha256} {row.PassageCount} {row.Revisions} {row.MetadataVersion} {row.Name}"));
            }
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static void Add(IncrementalHash hash, string line) => hash.AppendData(Encoding.UTF8.GetBytes(line.Replace('\n', ' ') + '\n'));
}
