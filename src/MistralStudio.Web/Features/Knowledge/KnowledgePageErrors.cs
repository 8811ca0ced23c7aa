using MistralStudio.Core;
using MistralStudio.Core.Security;

namespace MistralStudio.Web.Features.Knowledge;

/// <summary>Expected failures of the knowledge pages.</summary>
public static class KnowledgePageErrors
{
    /// <summary>Characters that the name of a base may have.</summary>
    public const int NameLength = 80;

    /// <summary>Why a caller may not change knowledge; null where it may.</summary>
    public static Error? Refuse(Caller caller) => caller.May(Permissions.KnowledgeWrite) ? null : new(
        "knowledge.read_only", "Your role reads knowledge but does not change it.", "Ask an owner or admin of the workspace to make you a builder.");

    /// <summary>Why a name is not one; null where it is.</summary>
    public static Error? CheckName(string name) => name.Trim().Length is > 0 and <= NameLength ? null : new(
        "knowledge.name_invalid", "A knowledge base needs a name.", $"Give it one of up to {NameLength} characters.");

    public static Error PassageGone() => new(
        "knowledge.passage_not_found", "This passage does not exist any more.", "Search again: its document was changed or removed.");

    public static Error FilterUnreadable(string part) => new(
        "knowledge.filter_unreadable", $"\"{part}\" is no condition.", "Write a field, a sign (=, !=, >=, <=) and a value: year >= 2022, type = application/pdf.");

    public static Error FieldUnnamed() => new("knowledge.field_unnamed", "A value has no field.", "Give it a name, or remove it.");

    public static Error FieldTwice(string name) => new("knowledge.field_twice", $"There are two fields \"{name}\".", "Rename or remove one of them.");

    public static Error NoEmbeddingModel() => new(
        "knowledge.no_embedding_model", "There is no embedding model on this machine, so nothing could be found by meaning.", "Put one into the models folder, then try again.");
}
