using MistralStudio.Core;

namespace MistralStudio.Web.Features.KnowledgeApi;

/// <summary>What a request to the workspace API may have wrong.</summary>
internal static class KnowledgeApiErrors
{
    public static Error NameEmpty() => new("knowledge.name_empty", "A knowledge base needs a name.", "Send {\"name\":\"...\"} with 1 to 200 characters.");

    public static Error UnknownMode(string mode) => new("knowledge.unknown_mode", $"\"{mode}\" is no way to search.", "mode may be hybrid, dense or lexical.");

    public static Error UnknownChoice(string field, string value, string choices) => new(
        "knowledge.unknown_choice", $"\"{value}\" is nothing that {field} may be.", $"{field} may be {choices}.");

    public static Error BadFilter(string field) => new(
        "knowledge.bad_filter",
        $"The condition on \"{field}\" cannot be understood.",
        "A condition has a field, op (is, isNot, atLeast, atMost or exists) and values: texts, numbers, true or false; a date is a text like 2026-01-31.");

    public static Error UnknownSource() => new(
        "knowledge.unknown_source", "A source needs a kind and a location.", "Send {\"kind\":\"folder\"|\"web\",\"location\":\"...\"}: a folder of the server, or an address.");

    public static Error BadModel(string model) => new(
        "model.bad_reference", $"\"{model}\" is not a model reference.", "GET /v1/models lists what may be named; leave model out for the default.");

    public static Error ConversationNotFound() => new(
        "chat.conversation_not_found", "This conversation does not exist here.", "It may have been deleted; start a new one.");

    public static Error NoEmbedder() => new(
        "knowledge.no_embedder", "There is no embedding model here, so nothing could be searched by meaning.", "Restore the starter models (deploy/models), or import one.");
}
