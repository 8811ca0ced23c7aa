using MistralStudio.Core;
using MistralStudio.Core.Schemas;

namespace MistralStudio.Agents.Nodes;

/// <summary>Expected failures of nodes that ask a model.</summary>
public static class ModelNodeErrors
{
    public static Error NothingAsked() => new(
        "node.nothing_asked",
        "This step asks nothing.",
        "Write what is asked, or connect a conversation to \"messages\".");

    public static Error AnswerCut(int tokens) => new(
        "node.answer_cut",
        $"The model's answer was cut off after {tokens:N0} tokens, before its JSON had ended.",
        "Raise the node's most tokens, or ask for less.");

    public static Error AnswerNoJson() => new(
        "node.answer_no_json",
        "The model did not answer with JSON.",
        "Choose a model that keeps to a format, or say in the instructions what it should give.");

    public static Error AnswerAgainstSchema(SchemaViolation violation) => new(
        "node.answer_against_schema",
        $"The model's answer does not follow the schema: {violation}",
        "Choose a stronger model, or loosen the schema.");
}
