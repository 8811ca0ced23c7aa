namespace MistralStudio.Web.Features.Apps;

/// <summary>Names the resource file of the list of apps and of their builder.</summary>
public sealed class AppBuilderWords;
