namespace MistralStudio.Web.Features.Prompts;

/// <summary>Names the resource file of the pages of prompts.</summary>
public sealed class PromptWords;
