using System.Collections.Frozen;
using MistralStudio.Core.Ids;

namespace MistralStudio.Core.Security;

/// <summary>
/// Who asks: one person or key in exactly one workspace, with the rights that hold at this moment (a key's scopes cut with its creator's
/// present role; a share link's none).
/// </summary>
/// <param name="Workspace">The one workspace of this circuit or key.</param>
/// <param name="User">The person, or the creator of the key; null behind a share link.</param>
/// <param name="Granted">The permissions, see <see cref="Permissions"/>.</param>
public sealed record Caller(WorkspaceId Workspace, UserId? User, FrozenSet<string> Granted)
{
    /// <summary>True where the caller holds the permission.</summary>
    public bool May(string permission) => Granted.Contains(permission);
}
