using MistralStudio.Core;
using MistralStudio.Core.Flows;

namespace MistralStudio.Flows.Runs;

/// <summary>Expected failures of runs.</summary>
public static class RunErrors
{
    public static Error Cancelled() => new("run.cancelled", "The run was stopped.", "Start it again, or fork it from where it stood.");

    public static Error OverBudget(string what) => new(
        "run.over_budget", $"The run was stopped by its budget: {what}.", "Raise the budget of the flow, or let it do less.");

    public static Error Inside(string path, Error error) => error with { Message = $"In {path}: {error.Message}" };

    public static Error InputMissing(string name) => new(
        "run.input_missing", $"The run needs the input \"{name}\".", "Give it a value, or give the input a default in the flow.");

    public static Error InputUnknown(string name, IEnumerable<string> there) => new(
        "run.input_unknown", $"The flow has no input \"{name}\".", $"Its inputs are: {string.Join(", ", there.DefaultIfEmpty("none"))}.");

    public static Error InputOfWrongType(string name, PortType type) => new(
        "run.input_of_wrong_type", $"The input \"{name}\" has to be of the type {type}.", "Give it a value of that type.");

    public static Error PortWithoutValue(string port) => new(
        "run.port_without_value",
        $"The in-port \"{port}\" got no value: the branch that it comes from was not taken.",
        "Put the node behind that branch, or a Merge in front of it.");

    public static Error ValueOfWrongType(string port, PortType type) => new(
        "run.value_of_wrong_type", $"What arrived at \"{port}\" is not of the type {type}.", "Look at the value in the run, and convert it before this node.");

    public static Error ValueErased(string port) => new(
        "run.value_erased", $"What arrived at \"{port}\" came from a document that was erased.", "Run the flow again without that document.");

    public static Error ValueTooLarge(string port, long bytes) => new(
        "run.value_too_large",
        $"The value at \"{port}\" is {Size.Format(bytes)}; the limit is {Size.Format(FlowValue.MostBytes)}.",
        "Let the node give less, or work in parts.");

    public static Error ValueMissing() => new(
        "run.value_missing", "A value of this run is no longer in the blob store.", "Restore the data folder from a backup, or run the flow again.");

    public static Error TimedOut(TimeSpan limit, bool mayRepeat) => new(
        "run.node_timed_out",
        mayRepeat ? $"The node did not end within {limit:c}." : $"The node did not end within {limit:c}, and nobody knows whether what it does has happened.",
        mayRepeat ? "Raise its time limit, or let it do less." : "Look where it acts, then run the flow again from there.");

    public static Error Fault(string type) => new(
        "run.node_fault", $"The node failed in a way that nobody foresaw ({type}).", "Try again; the studio's log has the details.");

    public static Error BookmarkUsed() => new(
        "run.bookmark_used", "This was decided already, or the run has ended.", "Open the run to see what was decided.");

    public static Error UnknownDecision(string decision, IEnumerable<string> there) => new(
        "run.unknown_decision", $"\"{decision}\" cannot be decided here.", $"Choose one of: {string.Join(", ", there)}.");

    public static Error BadDecisionValues(string what) => new("run.bad_values", what, "Correct the values and send them again.");

    public static Error SettledAsFailed() => new(
        "run.settled_as_failed", "The node was cut off by a crash, and somebody decided that it failed.", "Fork the run from this node to try it again.");

    public static Error Ended() => new("run.ended", "This run has ended.", "Start another, or fork this one.");
}
