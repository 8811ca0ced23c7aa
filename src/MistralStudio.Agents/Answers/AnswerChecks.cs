using MistralStudio.Core.Agents;
using MistralStudio.Core.Prompts;
using MistralStudio.Core.Schemas;

namespace MistralStudio.Agents.Answers;

/// <summary>Compares answers with the form that they were asked in: whoever held the model to it, what it gave is looked at.</summary>
internal static class AnswerChecks
{
    /// <param name="answer">The last words of the model, without those between its calls of tools.</param>
    /// <param name="isCut">True where its tokens were over before its text was.</param>
    public static AnswerCheck Check(PromptSchema wanted, JsonSchema schema, string answer, bool isCut) =>
        AnswerForm.Read(answer) is { } value ? new AnswerCheck(wanted.Name, schema.Validate(value))
        : new AnswerCheck(wanted.Name, [], isCut ? AgentErrors.AnswerCut() : AgentErrors.AnswerNoJson());
}
