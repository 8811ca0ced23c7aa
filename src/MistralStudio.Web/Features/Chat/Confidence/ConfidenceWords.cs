namespace MistralStudio.Web.Features.Chat.Confidence;

/// <summary>Names the resource file of how sure a model was.</summary>
public sealed class ConfidenceWords;
