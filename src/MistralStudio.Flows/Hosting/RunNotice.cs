using MistralStudio.Core.Flows;
using MistralStudio.Flows.Engine;

namespace MistralStudio.Flows.Hosting;

/// <summary>What somebody who watches a run is told.</summary>
public abstract record RunNotice
{
    private RunNotice()
    {
    }

    /// <summary>A transition is durable.</summary>
    public sealed record Happened(RunEvent Event) : RunNotice;

    /// <summary>The text of an answer grew; it is not in the journal until it is whole.</summary>
    /// <param name="Node">Path of the answer's node.</param>
    public sealed record Streamed(string Node, string Text) : RunNotice;

    /// <summary>The run is in nobody's hands now: it ended, or waits.</summary>
    public sealed record Paused(RunPause Pause) : RunNotice;

    /// <summary>Nothing was heard for a while; the run may be owned by another machine.</summary>
    public sealed record Quiet : RunNotice;
}
