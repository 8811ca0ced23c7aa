namespace MistralStudio.Web.Features.Apps;

/// <summary>Names the resource file of these pages.</summary>
public sealed class AppWords;
