namespace MistralStudio.Web.Resources;

/// <summary>Names <c>Words.resx</c>: the words of the frame and of parts that several pages share.</summary>
public sealed class Words;
