using MistralStudio.Core;

namespace MistralStudio.Agents.Tools;

/// <summary>Expected failures of models that call tools.</summary>
public static class ToolCallErrors
{
    /// <summary>Code of <see cref="NoAnswer"/>.</summary>
    public const string NoAnswerCode = "agent.tool_timeout";

    public static Error StepsOver(int steps) => new(
        "agent.steps_over",
        $"There was no answer after {steps:N0} calls of the model.",
        "Give it more steps, a smaller task, or a stronger model.");

    public static Error NoTools(string model) => new(
        "agent.no_tools", $"The model \"{model}\" calls no tools.", "Choose one that does, or take the tools out.");

    public static Error BadArguments(string reason) => new(
        "agent.bad_arguments", $"The tool was not called: {reason}.", "Call it again with arguments that follow its schema.");

    public static Error NoSuchTool(string name) => new("agent.no_such_tool", $"There is no tool \"{name}\".", "Call one of those that you were given.");

    public static Error NoAnswer(string tool, TimeSpan limit) => new(
        NoAnswerCode, $"The tool \"{tool}\" did not answer within {limit.TotalSeconds:0.#} s.", "Go on without its result, or try the call again later.");

    public static Error Undecided(string tool, TimeSpan limit) => new(
        "agent.tool_undecided", $"Nobody decided about the call of \"{tool}\" within {limit.TotalMinutes:0.#} minutes, so it was not made.", "Go on without its result.");

    public static Error NobodyThere(string tool) => new(
        "agent.tool_unapproved", $"The tool \"{tool}\" was not called: it needs a person's approval, and nobody is there to give it.", "Go on without its result.");

    public static Error NeedsResult(string tool) => new(
        "agent.tool_by_hand", $"The tool \"{tool}\" was not called: its results are written by a person.", "Write the result of this call by hand, or refuse it.");
}
