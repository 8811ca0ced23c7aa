using MistralStudio.Core;

namespace MistralStudio.Inference.Hosting;

/// <summary>Expected failures of the host.</summary>
internal static class HostErrors
{
    public static Error Stopping() => new(
        "model.stopping", "The studio is being stopped.", "Send the message again once it has started.");

    public static Error InUse(string id, int uses) => new(
        "model.in_use", $"\"{id}\" is answering {uses:N0} requests.", "Wait until they end, or stop them, then unload it.");

    public static Error DoesNotFit(string id, long needed, long budget, long kept) => new(
        "model.does_not_fit",
        $"\"{id}\" needs up to {Size.Format(needed)} of memory; models may take {Size.Format(budget)} together"
            + (kept > 0 ? $", of which those that are kept warm take {Size.Format(kept)}." : "."),
        "Raise Inference:MemoryBytes, lower Inference:Slots or Inference:SlotTokens, keep fewer models warm, or choose a smaller model.");

    public static Error MemoryInUse(string id, long needed, long budget, IReadOnlyList<string> busy) => new(
        "model.memory_in_use",
        $"\"{id}\" needs up to {Size.Format(needed)} of the {Size.Format(budget)} for models, and these are still answering: {string.Join(", ", busy)}.",
        "Try again when their answers have ended, or raise Inference:MemoryBytes.");
}
