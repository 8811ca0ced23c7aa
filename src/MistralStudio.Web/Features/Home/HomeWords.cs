namespace MistralStudio.Web.Features.Home;

/// <summary>Names the resource file of this page.</summary>
public sealed class HomeWords;
