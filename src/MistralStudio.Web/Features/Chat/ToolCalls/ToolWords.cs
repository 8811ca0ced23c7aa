namespace MistralStudio.Web.Features.Chat.ToolCalls;

/// <summary>Names the resource file of tools and their calls.</summary>
public sealed class ToolWords;
