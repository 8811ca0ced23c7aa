using Microsoft.Extensions.AI;

namespace MistralStudio.Core.Models;

/// <summary>
/// The next piece of a call that is still being written. Only requests that ask for it get it (<see cref="ChatOptionKeys.StreamsCalls"/>),
/// since no other code knows it; the whole call follows as <see cref="FunctionCallContent"/> for everyone.
/// </summary>
/// <param name="callId">The call's id, the same on each piece and on the whole call.</param>
/// <param name="name">The tool, with the first piece; null afterwards.</param>
/// <param name="arguments">JSON text that goes on where the piece before ended.</param>
public sealed class FunctionCallDelta(string callId, string? name, string arguments) : AIContent
{
    /// <summary>The call's id.</summary>
    public string CallId { get; } = callId;

    /// <summary>The tool, with the first piece.</summary>
    public string? Name { get; } = name;

    /// <summary>JSON text.</summary>
    public string Arguments { get; } = arguments;
}
