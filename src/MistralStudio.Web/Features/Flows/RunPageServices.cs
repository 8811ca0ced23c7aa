using MistralStudio.Core.Flows;
using MistralStudio.Flows.Engine;
using MistralStudio.Flows.Hosting;
using MistralStudio.Web.Features.Flows.Editor;
using MistralStudio.Web.Features.FlowsApi;

namespace MistralStudio.Web.Features.Flows;

/// <summary>Stores and engines that whatever shows a run needs.</summary>
public sealed record RunPageServices(
    IFlowStore Flows, IFlowVersions Versions, IRunStore Store, IFlowJournal Journal, FlowPlans Plans, FlowRuns Runs, RunDecisions Decisions, DraftPins Pins);
