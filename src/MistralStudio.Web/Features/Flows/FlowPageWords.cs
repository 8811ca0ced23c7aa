namespace MistralStudio.Web.Features.Flows;

/// <summary>Names the resource file of the pages of flows and runs.</summary>
public sealed class FlowPageWords;
