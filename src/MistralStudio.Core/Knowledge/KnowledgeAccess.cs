using MistralStudio.Core.Ids;

namespace MistralStudio.Core.Knowledge;

/// <summary>
/// Which knowledge bases of a workspace exist for who asks. A workspace alone means the bases that its members share: the files of a
/// conversation are there for its owner only, and only where somebody says who is reading.
/// </summary>
public readonly record struct KnowledgeAccess
{
    private KnowledgeAccess(WorkspaceId workspace, UserId? reader, bool isStudio) => (Workspace, Reader, IsStudio) = (workspace, reader, isStudio);

    /// <summary>Where the bases are.</summary>
    public WorkspaceId Workspace { get; }

    /// <summary>The person whose conversations' files are there too; null: nobody's are.</summary>
    public UserId? Reader { get; }

    /// <summary>True for the studio's own work on documents: every base is there.</summary>
    public bool IsStudio { get; }

    /// <summary>The bases that members share.</summary>
    public static implicit operator KnowledgeAccess(WorkspaceId workspace) => new(workspace, null, false);

    /// <summary>The bases that members share, and the files of the conversations of one person; of nobody's where there is none.</summary>
    public static KnowledgeAccess Of(WorkspaceId workspace, UserId? reader) => new(workspace, reader, false);

    /// <summary>Every base, for work on documents that were let in already (ingestion, erasure): never on behalf of somebody who asks.</summary>
    public static KnowledgeAccess Studio(WorkspaceId workspace) => new(workspace, null, true);
}
