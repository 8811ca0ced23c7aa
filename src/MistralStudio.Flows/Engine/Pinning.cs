using System.Globalization;
using System.Text;
using MistralStudio.Core;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;

namespace MistralStudio.Flows.Engine;

/// <summary>What a pinned node gives.</summary>
/// <param name="From">The run in which it gave that.</param>
internal sealed record PinnedOutcome(RunId From, IReadOnlyDictionary<string, FlowValue> Outputs);

/// <summary>Reads what the pinned nodes of a draft gave in the past.</summary>
public static class Pinning
{
    /// <summary>
    /// Outcomes by the paths of the nodes in the definition. Fails where one cannot be read any more: that node would do for real what its author
    /// did not want done.
    /// </summary>
    internal static async ValueTask<Result<IReadOnlyDictionary<string, PinnedOutcome>>> ReadAsync(RunStart start, Func<RunId, Task<List<RunEvent>>> read)
    {
        var found = new Dictionary<string, PinnedOutcome>(StringComparer.Ordinal);
        foreach (var ofRun in start.Pins.GroupBy(pin => pin.Value.Run))
        {
            var events = await read(ofRun.Key);
            var isOurs = events is [RunStarted { Start: var source }, ..] && source.Workspace == start.Workspace && source.Flow == start.Flow;
            foreach (var (node, pin) in ofRun)
            {
                var outputs = isOurs ? events.Where(happened => happened.Node == pin.Instance).Select(OutputsOf).LastOrDefault(outputs => outputs is not null) : null;
                if (outputs is null || outputs.Values.Any(value => value.IsErased))
                {
                    return PinErrors.Gone(node);
                }

                found[node] = new PinnedOutcome(ofRun.Key, outputs);
            }
        }

        return found;
    }

    /// <summary>The path of a node in the definition, of that of its instance: <c>each[3]/draft</c> is <c>each/draft</c>.</summary>
    public static string PathOf(string instance)
    {
        ArgumentNullException.ThrowIfNull(instance);
        if (!instance.Contains('[', StringComparison.Ordinal))
        {
            return instance;
        }

        var path = new StringBuilder(instance.Length);
        var isInside = false;
        foreach (var letter in instance)
        {
            isInside = letter == '[' || (isInside && letter != ']');
            if (!isInside && letter != ']')
            {
                path.Append(letter);
            }
        }

        return path.ToString();
    }

    /// <summary>Numbers of the rounds that an instance is in, outer ones first: of <c>each[3]/inner[0]/draft</c> 3 and 0.</summary>
    public static IReadOnlyList<int> RoundsOf(string instance)
    {
        ArgumentNullException.ThrowIfNull(instance);
        return
        [
            .. instance.Split('/').Where(step => step.EndsWith(']'))
                .Select(step => int.TryParse(step.AsSpan(step.IndexOf('[', StringComparison.Ordinal) + 1).TrimEnd(']'), NumberStyles.None, CultureInfo.InvariantCulture, out var round) ? round : int.MaxValue),
        ];
    }

    private static IReadOnlyDictionary<string, FlowValue>? OutputsOf(RunEvent happened) => happened switch
    {
        NodeSucceeded succeeded => succeeded.Outputs,
        NodeReused reused => reused.Outputs,
        _ => null,
    };
}

/// <summary>Expected failures of pinned outputs.</summary>
public static class PinErrors
{
    public static Error Gone(string node) => new(
        "pin.gone", $"The output that \"{node}\" is pinned to cannot be read any more.", "Unpin the node, or pin it to another run.");

    public static Error NotInDraft(string node) => new(
        "pin.not_in_draft", $"The draft has no node \"{node}\" any more.", "Test the node that took its place and pin what it gives, or restore the version that has it.");

    public static Error NothingToPin(string node) => new(
        "pin.nothing", $"The node \"{node}\" gave nothing in that run that could be pinned.", "Choose a run in which it is done.");
}
