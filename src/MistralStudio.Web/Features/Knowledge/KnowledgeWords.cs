namespace MistralStudio.Web.Features.Knowledge;

/// <summary>Names the resource file of these pages.</summary>
public sealed class KnowledgeWords;
