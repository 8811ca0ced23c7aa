namespace MistralStudio.Core.Connections;

/// <summary>Expected failures of connections, as settings and as models. None of them holds a key.</summary>
public static class ConnectionErrors
{
    public static Error NotFound() => new("connection.not_found", "There is no such connection here.", "List them again; it may have been deleted.");

    public static Error Wrong(string field, string message, string next) => new($"connection.wrong_{field.ToLowerInvariant()}", message, next);

    public static Error SlugTaken(string slug) => new(
        "connection.slug_taken", $"Another connection is called \"{slug}\" already.", "Choose another short name; it stands before the slash of its models.");

    public static Error Conflict() => new(
        "connection.conflict", "Somebody else changed this connection while you edited it.", "Reload to see their change, then make yours again.");

    public static Error KeyNeededAgain() => new(
        "connection.key_needed", "The address leads to another server, and the kept key was given for the one before.", "Enter the key for the new server.");

    public static Error KeyUnreadable(string slug) => new(
        "connection.key_unreadable",
        $"The key of \"{slug}\" cannot be read: it was encrypted with keys that are not here any more.",
        "An admin can enter it again under Models, Connections.");

    public static Error NotSecret(string place) => new(
        "connection.not_secret", "Over http everybody on the way could read the key.", $"Use an https address, or have an owner allow {place} first.");

    public static Error InUse(string slug, IEnumerable<string> where) => new(
        "connection.in_use", $"\"{slug}\" is in use: {string.Join(", ", where)}.", "Choose another there first.");

    public static Error WorkspaceStays() => new(
        "connection.stays_on_machine",
        "This workspace stays on this machine: nothing of it is sent to a connection.",
        "Choose a model of this machine, or have an admin change it under Models, Connections.");

    public static Error KnowledgeStays(string name) => new(
        "connection.stays_on_machine",
        $"The knowledge base \"{name}\" stays on this machine: nothing of it is sent to a connection.",
        "Choose a model of this machine, or another knowledge base.");

    public static Error Unauthorized(string slug) => new(
        "connection.unauthorized", $"The server of \"{slug}\" refused its key.", "An admin can enter another under Models, Connections.");

    public static Error Forbidden(string slug) => new(
        "connection.forbidden", $"The key of \"{slug}\" may not use this model.", "Give the key that right at the provider, or choose another model.");

    public static Error ModelUnknown(string slug, string model) => new(
        "connection.model_unknown", $"The server of \"{slug}\" knows no model \"{model}\".", "Check the model's name and the address under Models, Connections.");

    public static Error Busy(string slug) => new("connection.busy", $"The server of \"{slug}\" takes no more requests for now.", "Try again in a little while.");

    public static Error Rejected(string slug, string reason) => new(
        "connection.rejected", $"The server of \"{slug}\" refused the request: {reason}.", "Change the request, or choose another model.");

    public static Error Failed(string slug, int status) => new(
        "connection.failed", $"The server of \"{slug}\" failed with status {status}.", "Try again; if it goes on, look at the provider's status page.");

    public static Error Unreadable(string slug) => new(
        "connection.unreadable", $"The server of \"{slug}\" answered something that is not OpenAI's dialect.", "Check that the address ends where its API begins, usually /v1.");

    public static Error Resting(string slug) => new(
        "connection.resting", $"\"{slug}\" failed several times in a row and is left alone for a moment.", "Try again in a few seconds.");

    public static Error NoModels() => new(
        "connection.no_models", "The server answers, but no model is chosen.", "Choose at least one; where the server lists none, type its name.");

    public static Error CannotList() => new(
        "connection.cannot_list", "This server does not list its models.", "Type their names.");
}
