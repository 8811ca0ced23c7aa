namespace MistralStudio.Web.Components.Diff;

/// <summary>Names the resource file of the view of differences.</summary>
public sealed class DiffWords;
