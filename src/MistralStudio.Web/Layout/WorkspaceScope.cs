using MistralStudio.Core.Ids;
using MistralStudio.Core.Security;

namespace MistralStudio.Web.Layout;

/// <summary>Where a page is and for whom; cascaded to every page of a workspace.</summary>
/// <param name="Slug">The workspace's name in <c>/w/{slug}/</c>.</param>
/// <param name="Name">Its name for people.</param>
/// <param name="PersonName">Who is signed in.</param>
public sealed record WorkspaceScope(Caller Caller, string Slug, string Name, Role Role, string PersonName, string Email)
{
    /// <summary>The workspace.</summary>
    public WorkspaceId Id => Caller.Workspace;

    /// <summary>The signed-in person; pages of a workspace always have one.</summary>
    public UserId Person => Caller.User ?? throw new InvalidOperationException("A page of a workspace needs a signed-in person.");

    /// <summary>True where the person holds the permission.</summary>
    public bool May(string permission) => Caller.May(permission);

    /// <summary>The address of a page of this workspace: <c>Url("playground")</c>.</summary>
    public string Url(string page = "") => page.Length == 0 ? $"/w/{Slug}" : $"/w/{Slug}/{page}";

    /// <summary>Two letters for the round mark of a person.</summary>
    public static string Initials(string name)
    {
        var words = name.Split([' ', '.', '-', '_', '@'], StringSplitOptions.RemoveEmptyEntries);
        return words.Length switch
        {
            0 => "?",
            1 => words[0][..Math.Min(2, words[0].Length)].ToUpperInvariant(),
            _ => $"{words[0][0]}{words[1][0]}".ToUpperInvariant(),
        };
    }

    /// <summary>The colour of a person's round mark, the same everywhere: <c>a</c> to <c>e</c>.</summary>
    public static string Tone(UserId? person) => $"{(char)('a' + ((person?.Value.ToByteArray()[^1] ?? 0) % 5))}";
}

/// <summary>Finds the scope of the signed-in person; rights are read anew on each call.</summary>
public interface IWorkspaceScopes
{
    /// <summary>The workspace with this slug; null where there is none, or the person is not a member, or nobody is signed in.</summary>
    ValueTask<WorkspaceScope?> FindAsync(string slug, CancellationToken cancellationToken);
}
