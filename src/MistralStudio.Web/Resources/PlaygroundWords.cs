namespace MistralStudio.Web.Resources;

/// <summary>Names <c>PlaygroundWords.resx</c>.</summary>
public sealed class PlaygroundWords;
