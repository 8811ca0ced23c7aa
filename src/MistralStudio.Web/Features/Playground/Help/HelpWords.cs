namespace MistralStudio.Web.Features.Playground.Help;

/// <summary>Names the resource file of help with prompts.</summary>
public sealed class HelpWords;
