using MistralStudio.Core.Ids;

namespace MistralStudio.Core.Knowledge;

/// <summary>Knowledge bases as authors name them: by id or by name.</summary>
public static class KnowledgeReferences
{
    // Names of that many bases may begin alike before an id is needed.
    private const int MostAlike = 100;

    /// <summary>The bases of a workspace that a list names, each once. Fails where one of them is not there, and where a name is that of several.</summary>
    public static async ValueTask<Result<IReadOnlyList<KnowledgeBase>>> FindBasesAsync(
        this IKnowledgeStore knowledge, WorkspaceId workspace, IReadOnlyList<string> references, CancellationToken cancellationToken)
    {
        var found = new List<KnowledgeBase>(references.Count);
        foreach (var reference in references)
        {
            var one = await FindBaseAsync(knowledge, workspace, reference.Trim(), cancellationToken);
            if (!one.IsSuccess)
            {
                return one.Error;
            }

            if (found.TrueForAll(known => known.Id != one.Value.Id))
            {
                found.Add(one.Value);
            }
        }

        return Result<IReadOnlyList<KnowledgeBase>>.Success(found);
    }

    private static async ValueTask<Result<KnowledgeBase>> FindBaseAsync(
        IKnowledgeStore knowledge, WorkspaceId workspace, string reference, CancellationToken cancellationToken)
    {
        if (KnowledgeBaseId.TryParse(reference, null, out var id))
        {
            return await knowledge.FindBaseAsync(workspace, id, cancellationToken) is { } byId ? byId : KnowledgeErrors.NoBaseNamed(reference);
        }

        var listed = await knowledge.ListBasesAsync(workspace, reference, null, MostAlike, cancellationToken);
        return listed.Items.Where(one => string.Equals(one.Name, reference, StringComparison.OrdinalIgnoreCase)).ToList() switch
        {
            [var one] => one,
            [] => KnowledgeErrors.NoBaseNamed(reference),
            _ => KnowledgeErrors.SeveralBasesNamed(reference),
        };
    }
}
