using MistralStudio.Core;

namespace MistralStudio.Flows.Nodes.Code;

/// <summary>Expected failures of Code nodes.</summary>
public static class CodeErrors
{
    public static Error Unreadable(string reason, int line) => new(
        "code.unreadable", $"The script cannot be read, in line {line}: {reason.TrimEnd('.')}.", "Correct it there; it is the body of a function.");

    public static Error Threw(string reason, int line) => new(
        "code.threw", $"The script failed in line {line}: {Cut(reason).TrimEnd('.')}.", "Look at what arrived, and correct the script.");

    public static Error TooLong(TimeSpan limit) => new(
        "code.too_long", $"The script did not end within {limit.TotalMilliseconds:0} ms, or did too many steps.", "Let it do less, or raise its time limit.");

    public static Error TooMuchMemory() => new(
        "code.too_much_memory", $"The script asked for more than {Size.Format(Script.MostMemory)} of memory in all.", "Let it work on less at a time.");

    public static Error TooDeep() => new("code.too_deep", "The functions of the script call each other too deep.", "Use a loop in the place of the recursion.");

    public static Error Refused() => new("code.refused", "The script asked for a module: there are none.", "Write what it needs into the script itself.");

    public static Error NoValue() => new(
        "code.no_value", "What the script returned is no JSON: a function, or an object that contains itself.", "Return a text, a number, true, false, null, a list or an object.");

    private static string Cut(string text) => text.Length <= 300 ? text : $"{text[..297]}...";
}
