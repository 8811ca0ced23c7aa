namespace MistralStudio.Web.Features.Connections;

/// <summary>Names the resource file of this page.</summary>
public sealed class ConnectionWords;
