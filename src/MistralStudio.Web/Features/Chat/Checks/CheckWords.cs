namespace MistralStudio.Web.Features.Chat.Checks;

/// <summary>Names the resource file of answers that were compared with their schema.</summary>
public sealed class CheckWords;
