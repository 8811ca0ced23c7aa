using System.Net;
using MistralStudio.Core;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Retrieval.Qdrant;

/// <summary>Expected failures of the vector database.</summary>
internal static class QdrantErrors
{
    /// <summary>The code of a server that does not answer: searches say so, ingestion waits.</summary>
    public const string Unreachable = KnowledgeErrors.IndexUnreachable;

    public static Error NotSet() => new(
        "index.qdrant_not_set", "No Qdrant server is set up.", "The administrator sets Qdrant:Url, see deploy/README.md.");

    public static Error DoesNotAnswer(Uri url, string reason) => new(
        Unreachable,
        $"The vector database at {url.Authority} does not answer ({reason}), so its documents cannot be searched now.",
        "It goes on by itself once the database is back; ask the administrator if it stays away.");

    public static Error Busy(Uri url) => new(
        Unreachable, $"The vector database at {url.Authority} has too much to do.", "Try again in a moment; ingestion goes on by itself.");

    public static Error Refused(Uri url, HttpStatusCode status, string said) => new(
        Unreachable,
        $"The vector database at {url.Authority} refuses the studio's key ({(int)status}: {said.TrimEnd('.')}).",
        "The administrator sets Qdrant:ApiKey to a key that may write.");

    public static Error Failed(Uri url, HttpStatusCode status, string said) => new(
        "index.qdrant_failed",
        $"The vector database at {url.Authority} answered {(int)status}: {said.TrimEnd('.')}.",
        "The administrator finds more in the database's log.");

    public static Error TooOld(Uri url, string version) => new(
        "index.qdrant_too_old", $"The vector database at {url.Authority} is version {version}.", "Version 1.17 or newer is needed.");

    public static Error Stays(string name, Uri url) => new(
        "index.base_stays",
        $"The knowledge base \"{name}\" stays on this machine, and the vector database at {url.Authority} is elsewhere.",
        "An admin can let it go under Models, Connections; or the administrator says that the database counts as this machine: Qdrant:OnThisMachine.");

    public static Error StaysNow(Uri url) => new(
        "index.base_stays",
        $"This knowledge base was marked to stay on this machine while it was moved to the vector database at {url.Authority}, so it turned back.",
        "Nothing is left to do; what was copied is removed.");

    public static Error Elsewhere(IReadOnlyList<string> names, Uri url) => new(
        "index.base_elsewhere",
        $"Vectors of {string.Join(", ", names.Select(name => $"\"{name}\""))} are in the vector database at {url.Authority}, which is not on this machine.",
        "Move them back first (PUT /api/knowledge-bases/{id}/store with {\"store\":\"embedded\"}), or let the administrator say that the database counts as this machine: Qdrant:OnThisMachine.");

    public static Error OnlyStore() => new(
        "index.only_qdrant", "Several processes serve this studio, and each would have an index of its own.", "Leave the knowledge base in Qdrant, which all of them search.");

    public static Error MovedMeanwhile() => new(
        "index.moved_meanwhile", "Somebody else moved this knowledge base meanwhile, or marked it to stay on this machine.", "Look where it is now, then move it again.");

    public static Error Differs(long here, long there) => new(
        "index.copy_differs",
        $"The copy has {there} passages and the original {here}, so the original stays in use.",
        "Start the move again; documents may have changed meanwhile.");
}

/// <summary>A request to the vector database did not succeed.</summary>
internal sealed class QdrantException(Error error, HttpStatusCode? status, Exception? inner = null) : Exception(error.Message, inner)
{
    public Error Error { get; } = error;

    /// <summary>What it answered; null where it did not.</summary>
    public HttpStatusCode? Status { get; } = status;

    /// <summary>Whether waiting helps.</summary>
    public bool IsPassing => Error.Code == QdrantErrors.Unreachable;
}
