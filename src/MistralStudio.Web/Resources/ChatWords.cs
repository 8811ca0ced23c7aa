namespace MistralStudio.Web.Resources;

/// <summary>Names <c>ChatWords.resx</c>: the words of conversations, wherever they are held.</summary>
public sealed class ChatWords;
