using MistralStudio.Core;
using MistralStudio.Core.Flows;
using MistralStudio.Flows.Definitions;

namespace MistralStudio.Flows.Runs;

/// <summary>What a run is started with.</summary>
internal static class RunInputs
{
    /// <summary>What is wrong with the inputs of a start; null where nothing is.</summary>
    public static Error? Problem(IReadOnlyList<FlowInput> inputs, RunStart start)
    {
        // What a schedule or a webhook gives is not the caller's to name.
        var isCalled = start.Trigger is RunTrigger.Schedule or RunTrigger.Webhook;
        foreach (var input in inputs)
        {
            if (start.Inputs.TryGetValue(input.Name, out var value))
            {
                if (value.IsAtHand && !input.Type.Admits(value.Json))
                {
                    return RunErrors.InputOfWrongType(input.Name, input.Type);
                }
            }
            else if (input.Required && input.Default is null && !isCalled)
            {
                return RunErrors.InputMissing(input.Name);
            }
        }

        return start.Inputs.Keys.FirstOrDefault(name => inputs.All(input => input.Name != name) && !s_called.Contains(name)) is { } unknown
            ? RunErrors.InputUnknown(unknown, inputs.Select(input => input.Name))
            : null;
    }

    // The out-ports of schedules and webhooks.
    private static readonly HashSet<string> s_called = new(StringComparer.Ordinal) { "at", "body", "headers" };
}
