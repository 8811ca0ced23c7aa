using MistralStudio.Core;
using MistralStudio.Core.Flows;

namespace MistralStudio.Flows.Compilation;

/// <summary>What a policy may say.</summary>
internal static class PolicyCheck
{
    public const int MostAttempts = 20;

    public static readonly TimeSpan MostTime = TimeSpan.FromDays(1);

    public static IEnumerable<(string Field, Error Error)> Problems(NodeType type, NodePolicy policy, NodePorts ports)
    {
        var repeats = type.Role is NodeRole.ForEach or NodeRole.Loop or NodeRole.SubFlow;
        if (policy.Timeout is { } timeout && (timeout <= TimeSpan.Zero || timeout > MostTime))
        {
            yield return ("/policy/timeout", FlowErrors.BadPolicy("The time limit has to be more than nothing and at most a day.", "Write it as hours, minutes, seconds: 00:02:00."));
        }

        if (repeats && policy.Timeout is not null)
        {
            yield return ("/policy/timeout", FlowErrors.BadPolicy("A container has no time limit of its own.", "Limit the nodes inside it, or the wall time of the run."));
        }

        if (policy.Retry is { } retry)
        {
            if (retry.Attempts is < 1 or > MostAttempts)
            {
                yield return ("/policy/retry/attempts", FlowErrors.BadPolicy($"A node is tried between 1 and {MostAttempts} times.", "Choose a number between them."));
            }

            if (retry.Delay is { } delay && (delay < TimeSpan.Zero || delay > MostTime))
            {
                yield return ("/policy/retry/delay", FlowErrors.BadPolicy("The pause before another try is at most a day.", "Write it as hours, minutes, seconds: 00:00:05."));
            }

            if (repeats)
            {
                yield return ("/policy/retry", FlowErrors.BadPolicy("A container is not tried again as a whole.", "Let the nodes inside it be tried again."));
            }
        }

        if (policy.OnError == OnError.Default)
        {
            if (policy.Default is not { Count: > 0 })
            {
                yield return ("/policy/default", FlowErrors.BadPolicy("There are no values to go on with where the node fails.", "Give a value for at least one out-port, or choose another policy."));
            }

            foreach (var (name, value) in policy.Default ?? new Dictionary<string, System.Text.Json.JsonElement>())
            {
                var port = ports.Outputs.FirstOrDefault(port => port.Name == name);
                if (port is null)
                {
                    yield return ($"/policy/default/{name}", FlowErrors.NoSuchOutput(name, ports.Outputs.Select(one => one.Name)));
                }
                else if (!port.Type.Admits(value))
                {
                    yield return ($"/policy/default/{name}", FlowErrors.BadPolicy($"The value of \"{name}\" is not of the type {port.Type}.", "Give a value of that type."));
                }
            }
        }
    }
}
