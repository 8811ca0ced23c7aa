using Microsoft.Extensions.Logging;
using MistralStudio.Core.Blobs;
using MistralStudio.Core.Flows;

namespace MistralStudio.Flows.Engine;

/// <summary>What all runs share.</summary>
internal sealed record RunServices(
    IFlowJournal Journal, IBlobStore Blobs, IRunRights Rights, INodeResults? Results, IReadOnlyList<IRunObserver> Observers, TimeProvider Time, ILogger Logger);
